package fileblobs

import (
	"io"
	"io/fs"
	"time"
)

// Watched opens dir with a disk that asks ask before each thing it does, and does not do it when ask
// answers an error.
func Watched(dir string, ask func(op, path string) error) (*Blobs, error) {
	b, err := Open(dir)
	if err != nil {
		return nil, err
	}
	b.disk = watched{b.disk, ask}
	return b, nil
}

// Prepare does what Open does at a time.
func (b *Blobs) Prepare(now time.Time) error { return b.prepare(now) }

// MakeFolder makes a folder as Open does.
var MakeFolder = makeFolder

type watched struct {
	disk
	ask func(op, path string) error
}

func (w watched) create(path string) (file, error) {
	if err := w.ask("create", path); err != nil {
		return nil, err
	}
	f, err := w.disk.create(path)
	if err != nil {
		return nil, err
	}
	return watchedFile{f, path, w.ask}, nil
}

func (w watched) open(path string) (io.ReadCloser, error) {
	if err := w.ask("open", path); err != nil {
		return nil, err
	}
	return w.disk.open(path)
}

func (w watched) exists(path string) (bool, error) {
	if err := w.ask("exists", path); err != nil {
		return false, err
	}
	return w.disk.exists(path)
}

func (w watched) mkdir(path string) error {
	if err := w.ask("mkdir", path); err != nil {
		return err
	}
	return w.disk.mkdir(path)
}

func (w watched) link(from, to string) error {
	if err := w.ask("link", to); err != nil {
		return err
	}
	return w.disk.link(from, to)
}

func (w watched) remove(path string) error {
	if err := w.ask("remove", path); err != nil {
		return err
	}
	return w.disk.remove(path)
}

func (w watched) syncFolder(path string) error {
	if err := w.ask("sync", path); err != nil {
		return err
	}
	return w.disk.syncFolder(path)
}

func (w watched) list(path string) ([]fs.DirEntry, error) {
	if err := w.ask("list", path); err != nil {
		return nil, err
	}
	return w.disk.list(path)
}

func (w watched) names(path string, each func(file string) error) error {
	if err := w.ask("names", path); err != nil {
		return err
	}
	return w.disk.names(path, each)
}

type watchedFile struct {
	file
	path string
	ask  func(op, path string) error
}

// Write writes half before it fails, as a disk that runs full does.
func (w watchedFile) Write(p []byte) (int, error) {
	if err := w.ask("write", w.path); err != nil {
		n, _ := w.file.Write(p[:len(p)/2])
		return n, err
	}
	return w.file.Write(p)
}

func (w watchedFile) Sync() error {
	if err := w.ask("sync", w.path); err != nil {
		return err
	}
	return w.file.Sync()
}

func (w watchedFile) Close() error {
	if err := w.ask("close", w.path); err != nil {
		_ = w.file.Close()
		return err
	}
	return w.file.Close()
}
