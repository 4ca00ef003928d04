package playbook

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/layouts"
)

// A match is a file that a path with variables stands for.
type match struct {
	file string
	dirs []string
	// caught are the variables in the path, with their values, in order.
	caught []caught
}

// A caught is a variable in a path.
type caught struct {
	name, value string
	known       bool
	dir         int // the index of the directory that it is all of; -1 if it is a part of one
}

// match returns the files that a path stands for, sorted: in the first of the directories
// that has any. It is an error if none has.
func (i *importer) match(v value, dirs []string) ([]match, error) {
	if v.data != nil {
		return nil, errExpression
	}
	all, err := i.allFiles()
	if err != nil {
		return nil, err
	}
	for _, dir := range dirs {
		p := newPath(v.parts, dir)
		var found []match
		first, _ := slices.BinarySearch(all, p.prefix)
		for _, file := range all[first:] {
			if !strings.HasPrefix(file, p.prefix) {
				break
			}
			if m, ok := p.match(file); ok {
				found = append(found, m)
			}
		}
		if len(found) > 0 {
			return found, nil
		}
	}
	return nil, fmt.Errorf("no such file in %s", strings.Join(dirs, ", "))
}

const mark = "\x00"

// A pathPattern is the paths that a text with variables stands for.
type pathPattern struct {
	prefix  string // all before the first variable
	pattern *regexp.Regexp
	named   []part   // the variables, in the order of the pattern's groups
	whole   []caught // variables that have slashes
}

func newPath(parts []part, dir string) pathPattern {
	var out pathPattern
	var text strings.Builder
	for _, p := range parts {
		switch {
		case p.name == "":
			text.WriteString(p.text)
		case strings.Contains(p.text, "/"):
			text.WriteString(p.text)
			out.whole = append(out.whole, caught{name: p.name, value: p.text, known: true, dir: -1})
		default:
			text.WriteString(mark)
			out.named = append(out.named, p)
		}
	}
	whole := path.Clean(text.String())
	if !path.IsAbs(whole) {
		whole = path.Join(dir, whole)
	}
	whole = strings.TrimPrefix(whole, "/")
	out.prefix, _, _ = strings.Cut(whole, mark)
	quoted := regexp.QuoteMeta(whole)
	for _, p := range out.named {
		group := `([^/]+)`
		if p.known {
			group = "(" + regexp.QuoteMeta(p.text) + ")"
		}
		quoted = strings.Replace(quoted, mark, group, 1)
	}
	out.pattern = regexp.MustCompile("^" + quoted + "$")
	return out
}

func (p pathPattern) match(file string) (match, bool) {
	at := p.pattern.FindStringSubmatchIndex(file)
	if at == nil {
		return match{}, false
	}
	m := match{file: file, dirs: strings.Split(path.Dir(file), "/"), caught: slices.Clone(p.whole)}
	for k, p := range p.named {
		from, to := at[2*k+2], at[2*k+3]
		c := caught{name: p.name, value: file[from:to], known: p.known, dir: -1}
		if (from == 0 || file[from-1] == '/') && to < len(file) && file[to] == '/' {
			c.dir = strings.Count(file[:from], "/")
		}
		if !p.known && slices.Contains([]string{layouts.Common, "each", "overlays"}, c.value) {
			return match{}, false // reserved: never what a variable stands for
		}
		for _, other := range m.caught {
			if other.name == c.name && other.value != c.value {
				return match{}, false
			}
		}
		m.caught = append(m.caught, c)
	}
	return m, true
}

// allFiles returns the files of the project, but for what is hidden.
func (i *importer) allFiles() ([]string, error) {
	if i.files != nil {
		return i.files, nil
	}
	i.files = []string{}
	err := fs.WalkDir(i.fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		hidden := name != "." && strings.HasPrefix(path.Base(name), ".")
		switch {
		case err != nil:
			return err
		case hidden && entry.IsDir():
			return fs.SkipDir
		case entry.IsDir() || hidden:
			return nil
		case len(i.files) == maxFiles:
			return fmt.Errorf("over %d files", maxFiles)
		}
		i.files = append(i.files, name)
		return nil
	})
	slices.Sort(i.files)
	return i.files, err
}
