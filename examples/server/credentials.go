package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
)

// credentials are what a caller needs in Veriff's language. They are kept in a file that only the owner can read.
type credentials struct {
	APIKey       uuid.UUID `json:"api_key"`
	SharedSecret string    `json:"shared_secret"`
}

// apiKeys are what callers need in Verifa's language, kept in a file of their own.
type apiKeys struct {
	Live    string `json:"live_key"`
	Sandbox string `json:"sandbox_key"`
}

// newCredentials makes an API key and a secret.
func newCredentials() credentials {
	return credentials{APIKey: uuid.New(), SharedSecret: auth.GenerateSecret().Reveal()}
}

// newAPIKeys makes both keys.
func newAPIKeys() apiKeys {
	live, _ := auth.GenerateAPIKey(false, false)
	sandbox, _ := auth.GenerateAPIKey(false, true)
	return apiKeys{Live: live.Reveal(), Sandbox: sandbox.Reveal()}
}

// identity is the credentials that were given, or those of the credentials file. A server whose integrations
// have their own has none.
func identity(cfg *config) (credentials, error) {
	switch {
	case cfg.roster != nil:
		return credentials{}, nil
	case cfg.givenIdentity:
		return credentials{APIKey: cfg.parsedKey, SharedSecret: cfg.sharedSecret}, nil
	case cfg.beside == "":
		return newCredentials(), nil // in memory everything ends with the process
	}
	return loadCredentials(filepath.Join(cfg.data, "credentials.json"))
}

// keysOf is the same for Verifa's language, key by key.
func keysOf(cfg *config) (apiKeys, error) {
	keys := apiKeys{cfg.liveKey, cfg.sandboxKey}
	if cfg.roster != nil || keys.lacks() == "" {
		return keys, nil
	}
	made, err := newAPIKeys(), error(nil)
	if cfg.beside != "" {
		made, err = loadAPIKeys(filepath.Join(cfg.data, "api-keys.json"))
	}
	return apiKeys{cmp.Or(keys.Live, made.Live), cmp.Or(keys.Sandbox, made.Sandbox)}, err
}

func loadCredentials(path string) (credentials, error) { return load(path, newCredentials) }

func loadAPIKeys(path string) (apiKeys, error) { return load(path, newAPIKeys) }

// kept is what a file of secrets holds.
type kept interface {
	lacks() string // what it should hold and does not; empty: nothing
}

func (c credentials) lacks() string {
	if c.APIKey == uuid.Nil || c.SharedSecret == "" {
		return "an api_key and a shared_secret"
	}
	return ""
}

func (k apiKeys) lacks() string {
	live, faulty := auth.ParseAPIKey(k.Live)
	sandbox, err := auth.ParseAPIKey(k.Sandbox)
	if errors.Join(faulty, err) != nil || live.Publishable || live.Sandbox || sandbox.Publishable || !sandbox.Sandbox {
		return "a live_key and a sandbox_key"
	}
	return ""
}

// load reads the file, or makes it at the first start. Of two processes that start at once one makes it, and both
// read what it made.
func load[T kept](path string, fresh func() T) (c T, err error) {
	if c, err = read[T](path); !errors.Is(err, fs.ErrNotExist) {
		return c, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return c, err
	}
	text, err := json.MarshalIndent(fresh(), "", "  ")
	if err != nil {
		return c, err
	}
	file, err := os.CreateTemp(filepath.Dir(path), strings.TrimSuffix(filepath.Base(path), ".json")+"-*.new") // with mode 0600
	if err != nil {
		return c, err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(append(text, '\n'))
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return c, err
	}
	// A link never replaces what another process has made meanwhile.
	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return c, err
	}
	return read[T](path)
}

func read[T kept](path string) (c T, err error) {
	if err := mustBePrivate(path); err != nil {
		return c, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return c, err
	}
	var empty T
	if err := json.Unmarshal(text, &c); err != nil || c.lacks() != "" {
		return c, fmt.Errorf("%s does not hold %s: mend or remove it", path, empty.lacks())
	}
	return c, nil
}

// mustBePrivate refuses a file with secrets that not only its owner can read.
func mustBePrivate(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("%s can be read by others (mode %04o): run chmod 600 on it", path, mode)
	}
	return nil
}
