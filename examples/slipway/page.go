package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/report"
)

// A pageFlag names the file that a run is told in as a page; empty means none.
type pageFlag string

func (f *pageFlag) register(cmd *cobra.Command) {
	cmd.Flags().StringVar((*string)(f), "report", "",
		"`file` that tells the run as one HTML page, for people and CI archives, also if it fails")
}

// open begins the page. A file that cannot be written is found now, before anything is done.
func (f pageFlag) open() (*pageFile, error) {
	if f == "" {
		return nil, nil
	}
	name := string(f)
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		return nil, usagef("--report %s: it is no regular file: name one that may be replaced", name)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("--report: %w", err)
	}
	// Beside it, to be renamed: whoever reads the page never finds half of one.
	temp, err := os.OpenFile(name+"."+rand.Text()[:8]+".tmp", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		if at := (*fs.PathError)(nil); errors.As(err, &at) {
			err = at.Err // it names the temporary file
		}
		return nil, usagef("--report %s: %w: name a file in a directory that is there, "+
			"and that you may write", name, err)
	}
	return &pageFile{name: name, temp: temp}, nil
}

// A pageFile is a page on its way: it gets its name when it is complete. Nil is none.
type pageFile struct {
	name    string
	temp    *os.File
	failed  bool // to be written
	preview bool // what is written is but a plan of the run
}

func (p *pageFile) Write(text []byte) (int, error) {
	n, err := p.temp.Write(text)
	p.failed = p.failed || err != nil
	return n, err
}

// previewed says that what was written tells what the run would do, and no more.
func (p *pageFile) previewed() {
	if p != nil {
		p.preview = true
	}
}

// writer returns where to write the page, anew if it was written before; nil if there is
// to be none.
func (p *pageFile) writer() (io.Writer, error) {
	if p == nil {
		return nil, nil
	}
	if _, err := p.temp.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	p.preview = false
	return p, p.temp.Truncate(0)
}

// close gives the page its name. If nothing was written of the run, it ended before it
// began: then the page tells that outcome.
func (p *pageFile) close(o report.Outcome) error {
	if p == nil {
		return nil
	}
	err := p.complete(o)
	err = errors.Join(err, p.temp.Close())
	if err == nil && !p.failed {
		err = os.Rename(p.temp.Name(), p.name)
	}
	if err != nil || p.failed {
		os.Remove(p.temp.Name())
	}
	if err != nil {
		return fmt.Errorf("--report: %w", err)
	}
	return nil
}

func (p *pageFile) complete(o report.Outcome) error {
	info, err := p.temp.Stat()
	if err != nil || p.failed || info.Size() > 0 && !p.outdated(o.Err) {
		return err
	}
	page, err := p.writer()
	if err != nil {
		return err
	}
	o.Result = &slipway.Result{}
	reporter, err := report.New(report.Options{Out: io.Discard, Log: io.Discard, Quiet: true, HTML: page})
	if err != nil {
		return err
	}
	return reporter.End(o)
}

// outdated reports whether the page tells a plan of what ended with an error. That
// somebody does not go ahead with it is none.
func (p *pageFile) outdated(err error) bool {
	return p.preview && err != nil && !errors.Is(err, errPending)
}
