package report

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/slipway-go/slipway/apply"
)

// gitHubSink writes text, and workflow commands that make annotations of warnings and
// errors:
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
type gitHubSink struct{ opts Options }

func (s *gitHubSink) event(apply.Event, time.Time) error { return nil }

func (s *gitHubSink) end(o Outcome, took time.Duration, _ *objects) error {
	for _, warning := range o.Result.Warnings {
		s.command("warning", newProblem(warning))
	}
	opts := s.opts
	opts.Out, opts.Log = harmless{s.opts.Out}, harmless{s.opts.Log}
	if err := opts.write(o, took); err != nil {
		return err
	}
	for _, p := range problems(o.Err) {
		s.command("error", p)
	}
	return nil
}

// command writes a workflow command about the problem.
func (s *gitHubSink) command(name string, p Problem) {
	var properties []string
	add := func(key, value string) {
		properties = append(properties, key+"="+propertyEscapes.Replace(value))
	}
	if p.File != "" {
		add("file", path.Join(s.opts.Root, p.File))
		add("line", strconv.Itoa(p.Line))
	}
	if p.Object != "" {
		add("title", p.Object)
	}
	fmt.Fprintf(s.opts.Log, "::%s\n", strings.TrimSpace(name+" "+strings.Join(properties, ","))+
		"::"+dataEscapes.Replace(p.Message))
}

var (
	dataEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// harmless keeps what comes from a template or from the cluster from being a workflow
// command: the runner takes each line for one that begins with "::" or holds "##[".
type harmless struct{ w io.Writer }

func (h harmless) Write(text []byte) (int, error) {
	var out bytes.Buffer
	for line := range bytes.Lines(text) {
		trimmed := bytes.TrimLeft(line, " \t+-")
		if bytes.HasPrefix(trimmed, []byte("::")) {
			out.Write(line[:len(line)-len(trimmed)])
			out.WriteByte('\\')
			line = trimmed
		}
		out.Write(bytes.ReplaceAll(line, []byte("##["), []byte("#\\#[")))
	}
	if _, err := h.w.Write(out.Bytes()); err != nil {
		return 0, err
	}
	return len(text), nil
}
