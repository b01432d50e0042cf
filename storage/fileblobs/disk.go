package fileblobs

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// disk is what a Blobs does to its folder, one word for each system call, so that a test can let any of them
// fail. Paths are relative to the folder and cannot leave it.
type disk interface {
	create(path string) (file, error) // fails with fs.ErrExist
	open(path string) (io.ReadCloser, error)
	exists(path string) (bool, error)
	mkdir(path string) error      // fails with fs.ErrExist
	link(from, to string) error   // fails with fs.ErrExist
	remove(path string) error     // fails with fs.ErrNotExist
	syncFolder(path string) error // fails with fs.ErrNotExist
	list(path string) ([]fs.DirEntry, error)
	names(path string, each func(file string) error) error // fails with fs.ErrNotExist, and with what each does
	close() error
}

// file is one that is being written.
type file interface {
	io.WriteCloser
	Sync() error
}

// rooted is a disk of the operating system.
type rooted struct{ root *os.Root }

func (d rooted) create(path string) (file, error) {
	return d.root.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

func (d rooted) open(path string) (io.ReadCloser, error) { return d.root.Open(path) }

func (d rooted) exists(path string) (bool, error) {
	_, err := d.root.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (d rooted) mkdir(path string) error    { return d.root.Mkdir(path, 0o700) }
func (d rooted) link(from, to string) error { return d.root.Link(from, to) }
func (d rooted) remove(path string) error   { return d.root.Remove(path) }

func (d rooted) syncFolder(path string) error {
	folder, err := d.root.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func (d rooted) list(path string) ([]fs.DirEntry, error) {
	return fs.ReadDir(d.root.FS(), path)
}

// namesAtOnce is how many files of a folder are read at a time.
const namesAtOnce = 1024

func (d rooted) names(path string, each func(file string) error) error {
	folder, err := d.root.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = folder.Close() }() // nothing was written to it
	for {
		files, err := folder.Readdirnames(namesAtOnce)
		for _, file := range files {
			if err := each(file); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (d rooted) close() error { return d.root.Close() }
