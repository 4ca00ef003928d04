package localcluster

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// A reporter tells on w, line by line, what takes its time. On a terminal a count
// is one line that changes. It may be used by several goroutines.
type reporter struct {
	w        io.Writer
	terminal bool
	every    time.Duration // between two lines of a count

	mu   sync.Mutex
	last time.Time // when a count was shown
	open bool      // the cursor is at the end of a count
}

// newReporter returns a reporter on w; nil discards.
func newReporter(w io.Writer) *reporter {
	if w == nil {
		w = io.Discard
	}
	r := &reporter{w: w, every: 10 * time.Second}
	if file, ok := w.(*os.File); ok {
		info, err := file.Stat()
		r.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	if r.terminal {
		r.every = time.Second / 4
	}
	return r
}

// say writes a line.
func (r *reporter) say(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open {
		fmt.Fprintln(r.w)
	}
	r.open = false
	fmt.Fprintln(r.w, line)
}

// count shows that done of total are done, unless it has shown a count just now.
// Total is an estimate; it is not exceeded.
func (r *reporter) count(what string, done, total int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if done > total || done < total && time.Since(r.last) < r.every {
		return
	}
	r.last = time.Now()
	line := fmt.Sprintf("%s: %d/%d packages (%d%%)", what, done, total, 100*done/total)
	if !r.terminal {
		fmt.Fprintln(r.w, line)
		return
	}
	r.open = true
	fmt.Fprintf(r.w, "\r%s\x1b[K", line)
}
