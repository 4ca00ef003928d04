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

// resolve returns the path without symbolic links that name leads to. Links that
// leave fsys, or lead in a circle, are errors: a file system such as os.DirFS
// follows them wherever they go.
func resolve(fsys fs.FS, name string) (string, error) {
	links, ok := fsys.(fs.ReadLinkFS)
	if !ok {
		return "", errors.New("a symbolic link, and this file system does not tell where to")
	}
	done, rest := ".", strings.Split(name, "/")
	for hops := 0; len(rest) > 0; {
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
			return "", errors.New("a symbolic link that leads in a circle")
		}
		target, err := links.ReadLink(next)
		if err != nil {
			return "", err
		}
		to := path.Join(done, target)
		if path.IsAbs(target) || !fs.ValidPath(to) {
			return "", fmt.Errorf("a symbolic link to %s, which leaves the root: put a copy there", target)
		}
		done, rest = ".", append(strings.Split(to, "/"), rest[1:]...)
	}
	return done, nil
}
