package localcluster

import (
	"fmt"
	"io"
	"os"
	"time"
)

// A progress tells on w, line by line, what takes its time. On a terminal a count
// is one line that changes.
type progress struct {
	w        io.Writer
	terminal bool
	every    time.Duration
	last     time.Time // when a count was shown
	open     bool      // the cursor is at the end of a count
}

func newProgress(w io.Writer) *progress {
	p := &progress{w: w, every: 10 * time.Second}
	if file, ok := w.(*os.File); ok {
		info, err := file.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	if p.terminal {
		p.every = time.Second / 4
	}
	return p
}

// say writes a line.
func (p *progress) say(line string) {
	if p.open {
		fmt.Fprintln(p.w)
	}
	p.open = false
	fmt.Fprintln(p.w, line)
}

// count shows that done of total are done, unless it has shown a count just now.
func (p *progress) count(what string, done, total int) {
	if done < total && time.Since(p.last) < p.every {
		return
	}
	p.last = time.Now()
	line := fmt.Sprintf("%s: %d/%d packages (%d%%)", what, done, total, 100*done/max(total, 1))
	if !p.terminal {
		p.say(line)
		return
	}
	p.open = true
	fmt.Fprintf(p.w, "\r%s\x1b[K", line)
}
