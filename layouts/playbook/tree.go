package playbook

import (
	"bytes"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/slipway-go/slipway/layouts"
)

// FS returns the files of the plan as a file system, to deploy from as it is:
// slipway.Deployer has it as its Root. Nothing is written.
//
// It tells the [layouts.Origin] of its files, so that errors, and the sources of objects,
// name the files of the project. It may be used by several goroutines, as long as nobody
// changes the plan.
func (p *Plan) FS() fs.FS {
	t := tree{".": {name: ".", mode: fs.ModeDir | 0o555}}
	for _, f := range p.Files {
		origin := &layouts.Origin{File: f.From, Lines: f.Lines}
		t.add(f.Path, &stored{mode: 0o444, data: f.Data, origin: origin})
	}
	for _, n := range t {
		slices.SortFunc(n.entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	}
	return t
}

// A tree is a file system in memory: its files and directories, by their paths. That of
// testing/fstest looks through all of its files for each directory.
type tree map[string]*stored

// add adds what is at a path, and the directories above it.
func (t tree) add(name string, n *stored) {
	n.name = path.Base(name)
	t[name] = n
	dir, known := t[path.Dir(name)]
	if !known {
		dir = &stored{mode: fs.ModeDir | 0o555}
		t.add(path.Dir(name), dir)
	}
	dir.entries = append(dir.entries, n)
}

func (t tree) Open(name string) (fs.File, error) {
	n, ok := t[name]
	switch {
	case !fs.ValidPath(name):
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	case !ok:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	case n.IsDir():
		return &openDir{n, 0}, nil
	}
	return &openFile{n, bytes.NewReader(n.data)}, nil
}

// A stored is a file or a directory, as both of what tells of it.
type stored struct {
	name    string
	mode    fs.FileMode
	data    []byte
	origin  *layouts.Origin
	entries []fs.DirEntry // sorted by name
}

func (n *stored) Name() string               { return n.name }
func (n *stored) Size() int64                { return int64(len(n.data)) }
func (n *stored) Mode() fs.FileMode          { return n.mode }
func (n *stored) Type() fs.FileMode          { return n.mode.Type() }
func (n *stored) IsDir() bool                { return n.mode.IsDir() }
func (n *stored) ModTime() time.Time         { return time.Time{} }
func (n *stored) Sys() any                   { return n.origin }
func (n *stored) Info() (fs.FileInfo, error) { return n, nil }
func (n *stored) Stat() (fs.FileInfo, error) { return n, nil }
func (n *stored) Close() error               { return nil }

type openFile struct {
	*stored
	io.Reader
}

type openDir struct {
	*stored
	read int // entries
}

func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: fs.ErrInvalid}
}

func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	rest := d.entries[d.read:]
	if n > 0 && len(rest) == 0 {
		return nil, io.EOF
	}
	if n > 0 {
		rest = rest[:min(n, len(rest))]
	}
	d.read += len(rest)
	return slices.Clone(rest), nil
}
