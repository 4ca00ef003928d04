package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// What stands between these lines of the report is written by this program.
const (
	resultsMark = "<!-- results -->\n"
	resultsEnd  = "<!-- end of results -->\n"
)

// writeReport puts the results into dir's e2e.md, between its marks, and the picture of the
// rollout beside it.
func writeReport(dir string, phases []*phase) error {
	page := filepath.Join(dir, "e2e.md")
	data, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	text, err := replaceResults(string(data), results(phases))
	if err != nil {
		return fmt.Errorf("%s: %w", page, err)
	}
	if err := os.WriteFile(page, []byte(text), 0o600); err != nil {
		return err
	}
	for _, p := range phases {
		if p.picture() == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, p.picture()), []byte(draw(p)), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// replaceResults puts new results between the marks.
func replaceResults(page, text string) (string, error) {
	head, rest, found := strings.Cut(page, resultsMark)
	_, tail, ended := strings.Cut(rest, resultsEnd)
	if !found || !ended {
		return "", fmt.Errorf("it has no lines %q and %q", resultsMark, resultsEnd)
	}
	return head + resultsMark + text + resultsEnd + tail, nil
}

// results is a table of the phases, and what there is to say about them.
func results(phases []*phase) string {
	var out strings.Builder
	out.WriteString("\n| phase | time | requests | failed | median | 99 % | longest |\n" +
		"|---|---|---|---|---|---|---|\n")
	for _, p := range phases {
		if len(p.Answers) == 0 {
			fmt.Fprintf(&out, "| %s | %.0f s | – | – | – | – | – |\n", p.Name, p.Took.Seconds())
			continue
		}
		fmt.Fprintf(&out, "| %s | %.0f s | %d | **%d** | %s | %s | %s |\n", p.Name, p.Took.Seconds(),
			len(p.Answers), len(p.Failed), ms(percentile(p.Answers, 50)), ms(percentile(p.Answers, 99)),
			ms(percentile(p.Answers, 100)))
	}
	for _, p := range phases {
		for _, note := range p.Notes {
			fmt.Fprintf(&out, "\n*%s:* %s\n", p.Name, strings.ReplaceAll(note, "\n", "\n    "))
		}
		if p.Err != nil {
			fmt.Fprintf(&out, "\n**%s failed:** %v\n", p.Name, p.Err)
		}
	}
	for _, p := range phases {
		if p.picture() != "" {
			fmt.Fprintf(&out, "\n![%s: latency over time](%s)\n", p.Name, p.picture())
		}
	}
	return out.String()
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

// picture is the name of the file that shows the phase; empty if there is nothing to see.
func (p *phase) picture() string {
	if p.Picture == "" || len(p.Answers) == 0 {
		return ""
	}
	return "e2e-" + p.Picture + ".svg"
}
