package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
)

// The form is that of Jenkins' and GitLab's readers:
// https://github.com/testmoapp/junitxml
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		File    string        `xml:"file,attr,omitempty"`
		Time    string        `xml:"time,attr"`
		Failure *junitFailure `xml:"failure"`
		Skipped *junitSkipped `xml:"skipped"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitFailure struct {
		Type    slipway.Class `xml:"type,attr"`
		Message string        `xml:"message,attr"`
		Text    string        `xml:",chardata"`
	}
	junitSkipped struct {
		Message string `xml:"message,attr"`
	}
)

// junitSink writes a test report.
type junitSink struct{ opts Options }

func (s *junitSink) event(apply.Event, time.Time) error { return nil }

func (s *junitSink) end(o Outcome, took time.Duration, seen *objects) error {
	suite := junitSuite{Name: o.Verb + " " + o.App, Time: seconds(took.Seconds())}
	told := map[string]bool{}
	for _, c := range o.Result.Changes {
		told[c.String()] = true
		suite.add(newCase(o, c, seen))
	}
	for _, p := range problems(o.Err) {
		s.opts.logError(p)
		if !told[p.Object] {
			suite.add(junitCase{
				Name: o.Verb, Class: o.App, File: p.File, Time: seconds(0), Failure: p.failure(),
			})
		}
	}
	return writeXML(s.opts.Out, junitSuites{Suites: []junitSuite{suite}})
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Skipped != nil {
		s.Skipped++
	}
}

func newCase(o Outcome, c apply.Change, seen *objects) junitCase {
	out := junitCase{
		Name: c.String(), Class: o.App, File: newProblem(c.Source + ": ").File,
		Time: seconds(seen.seconds(c.Ref)), Out: string(c.Action),
	}
	if c.Err != nil {
		p := newProblem(c.Err.Error())
		p.Class = slipway.ClassOf(c.Err)
		out.Failure = p.failure()
	}
	if c.Action == apply.NotTried && c.Err == nil {
		out.Skipped = &junitSkipped{string(c.Action)}
	}
	return out
}

func (p Problem) failure() *junitFailure { return &junitFailure{p.Class, p.Message, p.Message} }

func seconds(n float64) string { return fmt.Sprintf("%.3f", n) }

func writeXML(w io.Writer, document any) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(document); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
