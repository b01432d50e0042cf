package filekeeper

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// draft stands in the names of files that are being made, between the name that they will have and a number.
const draft = ".new-"

// publish makes a file that is there with all its bytes or not at all. Where another process made it
// first, the other's stays. After nil the file is durable, whoever made it.
func publish(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+draft+"*") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		if err = os.Link(f.Name(), path); errors.Is(err, fs.ErrExist) {
			err = nil
		}
	}
	if removed := os.Remove(f.Name()); !errors.Is(removed, fs.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	if err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// forgetDrafts removes second names of a file, which a crash between its making and the end of publish
// leaves: a backup that leaves the file out by its name would take them. In a folder that it may not list
// it does nothing.
func forgetDrafts(path string) error {
	entries, err := os.ReadDir(filepath.Dir(path))
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	file, err := os.Lstat(path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), filepath.Base(path)+draft) {
			continue
		}
		info, err := entry.Info()
		if err != nil || !os.SameFile(info, file) {
			continue // it is gone, or being made
		}
		second := filepath.Join(filepath.Dir(path), entry.Name())
		if err := os.Remove(second); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
