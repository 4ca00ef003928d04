package localcluster

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// keepFor is how long a program is kept after it was built from other sources or
// with other tools.
const keepFor = 7 * 24 * time.Hour

// temporary is what the name of an unfinished program ends with.
const temporary = ".tmp"

// cacheDir returns the directory that holds built programs, and makes it.
func cacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "slipway")
	return dir, os.MkdirAll(dir, 0o755)
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// removeOld removes what nobody is likely to need: old programs, and what builds
// that were killed have left. Only who has the lock may call it.
func removeOld(cache string) {
	files, _ := filepath.Glob(filepath.Join(cache, "controlplane-*"))
	for _, file := range files {
		info, err := os.Stat(file)
		if err == nil && (strings.HasSuffix(file, temporary) || time.Since(info.ModTime()) > keepFor) {
			os.Remove(file)
		}
	}
}

// lock waits for the lock on file, which the operating system takes from a holder
// that dies.
func lock(ctx context.Context, file string, r *reporter) (unlock func(), err error) {
	type result struct {
		unlock func()
		err    error
	}
	results := make(chan result, 1)
	go func() {
		unlock, err := lockedfile.MutexAt(file).Lock()
		results <- result{unlock, err}
	}()
	patience := time.After(time.Second)
	for {
		select {
		case l := <-results:
			return l.unlock, l.err
		case <-patience:
			r.say("waiting for another process that builds the control plane")
		case <-ctx.Done():
			go func() { // the lock may still come, and must not stay with us
				if l := <-results; l.err == nil {
					l.unlock()
				}
			}()
			return nil, ctx.Err()
		}
	}
}
