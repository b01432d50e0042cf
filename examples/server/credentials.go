package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
)

// credentials are what a caller needs. They are kept in a file that only the owner can read.
type credentials struct {
	APIKey       uuid.UUID `json:"api_key"`
	SharedSecret string    `json:"shared_secret"`
}

// newCredentials makes an API key and a secret.
func newCredentials() credentials {
	return credentials{APIKey: uuid.New(), SharedSecret: auth.GenerateSecret().Reveal()}
}

// loadCredentials reads the file, or makes it at the first start. Of two processes that start at once one makes
// it, and both read what it made.
func loadCredentials(path string) (credentials, error) {
	c, err := readCredentials(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return c, err
	}
	text, err := json.MarshalIndent(newCredentials(), "", "  ")
	if err != nil {
		return c, err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "credentials-*.new") // with mode 0600
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
	return readCredentials(path)
}

func readCredentials(path string) (c credentials, err error) {
	if err := mustBePrivate(path); err != nil {
		return c, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(text, &c); err != nil || c.APIKey == uuid.Nil || c.SharedSecret == "" {
		return c, fmt.Errorf("%s does not hold an api_key and a shared_secret: mend or remove it", path)
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
