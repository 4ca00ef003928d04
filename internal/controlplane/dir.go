package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"path/filepath"

	"k8s.io/klog/v2"
)

// claim makes dir, or takes it over if it is there and empty. The returned
// function removes all that is in it, and dir itself if claim made it.
//
// Only its owner may enter: it holds keys, and the socket of an etcd without
// authentication.
func claim(dir string) (empty func() error, err error) {
	err = os.Mkdir(dir, 0o700)
	if err == nil {
		return func() error { return os.RemoveAll(dir) }, nil
	}
	if !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	if len(entries) > 0 {
		return nil, fmt.Errorf("%s is not empty", dir)
	}
	return func() error { return removeEntries(dir) }, os.Chmod(dir, 0o700)
}

// reclaim takes over the dir that a control plane which was killed has left. The
// returned function removes it.
func reclaim(dir string) (empty func() error, err error) {
	if _, err := os.Stat(admin(dir)); err != nil {
		return nil, fmt.Errorf("nothing to resume: %w", err)
	}
	return func() error { return os.RemoveAll(dir) }, nil
}

// removeEntries removes what is in dir, but not dir.
func removeEntries(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, entry.Name())))
	}
	return err
}

// logTo sends the components' logs to file: they write them to os.Stderr, by way of
// klog or not.
func logTo(file string) (*os.File, error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	os.Stderr = f
	log.SetOutput(f)
	return f, nil
}

// tailSize bounds how much of the log an error shows, in bytes.
const tailSize = 4096

// tail returns the last lines of the log.
func tail(f *os.File) []byte {
	klog.Flush()
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil
	}
	data := make([]byte, min(end, tailSize))
	n, _ := f.ReadAt(data, end-int64(len(data)))
	data = data[:n]
	if _, lines, cut := bytes.Cut(data, []byte("\n")); cut && end > tailSize {
		return lines
	}
	return data
}
