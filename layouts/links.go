package layouts

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// maxLinks is how many symbolic links a path may take, as on Linux.
const maxLinks = 40

var errCircle = errors.New("a symbolic link that leads in a circle")

// resolve returns the path without symbolic links that name leads to. Links that
// leave fsys, or lead in a circle, are errors: a file system such as os.DirFS
// follows them wherever they go.
func resolve(fsys fs.FS, name string) (string, error) {
	links, ok := fsys.(fs.ReadLinkFS)
	if !ok {
		return "", errors.New("a symbolic link, and this file system does not tell where to")
	}
	target := ""
	done, rest := ".", strings.Split(name, "/")
	for hops := 0; len(rest) > 0; {
		switch rest[0] {
		case "", ".":
			rest = rest[1:]
			continue
		case "..": // of a path without links: its parent
			if done == "." {
				return "", leaves(target)
			}
			done, rest = path.Dir(done), rest[1:]
			continue
		}
		next := path.Join(done, rest[0])
		info, err := links.Lstat(next)
		if err != nil {
			return "", err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			done, rest = next, rest[1:]
			continue
		}
		if hops++; hops > maxLinks {
			return "", errCircle
		}
		if target, err = links.ReadLink(next); err != nil {
			return "", err
		}
		if path.IsAbs(target) {
			return "", leaves(target)
		}
		rest = append(strings.Split(target, "/"), rest[1:]...)
	}
	return done, nil
}

func leaves(target string) error {
	return fmt.Errorf("a symbolic link to %s, which leaves the root: put a copy there", target)
}
