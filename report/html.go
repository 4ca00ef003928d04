package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page's template and style
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/slipway-go/slipway/apply"
)

//go:embed html/page.css
var pageStyle string

//go:embed html/page.tmpl
var pageText string

var pageTemplate = parsePage(pageText)

// htmlSink writes the page: one document that needs nothing outside itself.
type htmlSink struct {
	w       io.Writer
	moments moments
}

func newHTMLSink(w io.Writer) *htmlSink { return &htmlSink{w, moments{}} }

func (s *htmlSink) event(e apply.Event, now time.Time) error {
	s.moments.add(e, now)
	return nil
}

func (s *htmlSink) end(o Outcome, took time.Duration, seen *objects) error {
	p, err := newPage(o, s.moments, period{seen.began, took})
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := pageTemplate.Execute(&page, p); err != nil {
		return err
	}
	_, err = s.w.Write(page.Bytes())
	return err
}

// policy returns what a browser may load: these styles, which are in the page, and
// nothing else. Nothing runs.
func policy(styles ...string) string {
	var text strings.Builder
	text.WriteString("default-src 'none'; base-uri 'none'; form-action 'none'; style-src")
	for _, style := range styles {
		sum := sha256.Sum256([]byte(style))
		text.WriteString(" 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'")
	}
	return text.String()
}

// short returns a duration for people, as exact as they want it.
func short(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return d.Round(time.Second).String()
}

func utc(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func rfc(t time.Time) string { return t.UTC().Format(time.RFC3339) }
