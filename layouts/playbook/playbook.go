package playbook

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/layouts"
)

// Options says what the playbook does not.
type Options struct {
	// App is the app's name where the paths of templates do not say it. Empty means the
	// value of app_name, or else the playbook's name.
	App string
	// Service is the service's name where neither they nor loops and roles say it. Empty
	// means the value of service_name, or else the app's name.
	Service string
}

// A Plan is the layout that a playbook implies.
type Plan struct {
	// Files are those of the layout, sorted by path.
	Files []File
	// Deploys say how to deploy them, one for each app, sorted by name.
	Deploys []Deploy
	// Left is what was not carried over, sorted by place.
	Left []Leftover
}

// A File is one file of the layout.
type File struct {
	// Path is relative to the layout's root: <app>/<service>/deployment.yml.
	Path string
	Data []byte
	// From is what it was made of: a file, or a place in one, or several.
	From string
	// Lines are what its lines were made of; nil if it is From, byte for byte.
	Lines []layouts.Line
}

// A Leftover is something of the playbook that the layout does not have.
type Leftover struct {
	// File and Line are its place; Line counts from 1.
	File string
	Line int
	// What it is, why it was not carried over, and what to do about it.
	What, Why, Do string
}

// String returns all of it on one line, place first.
func (l Leftover) String() string {
	text := fmt.Sprintf("%s:%d: %s: %s", l.File, l.Line, l.What, l.Why)
	if l.Do != "" {
		text += ": " + l.Do
	}
	return text
}

// ErrNoObjects says that a playbook has nothing to carry over.
var ErrNoObjects = errors.New("no task makes objects of Kubernetes by a template, a file or a definition")

// bounds of what a playbook may be.
const (
	maxDepth = 32      // of includes
	maxFiles = 100_000 // of the project
	maxTasks = 10_000  // items of loops counted
	maxFile  = 1 << 20 // bytes
	maxSteps = 50_000
	maxText  = 64 << 10 // bytes of what an expression makes
)

// Import returns the layout that the playbook name of fsys implies. fsys holds what the
// playbook needs: its roles, templates and variables.
//
// The plan is the same for the same files. A file that cannot be read or parsed is an error
// that names it; what is only not understood is a [Leftover]. A playbook without anything to
// carry over is an [ErrNoObjects], and the plan has its leftovers.
func Import(fsys fs.FS, name string, opts Options) (*Plan, error) {
	i := &importer{
		fsys: fsys, opts: opts, apps: map[string]*app{}, read: map[string]bool{},
		inspected: map[string]inspected{}, registered: map[string]bool{},
		expressions: expressions{left: maxSteps, parsed: map[string]*expr{}},
	}
	if err := i.playbook(path.Clean(name), 0); err != nil {
		return nil, err
	}
	plan := i.plan()
	if len(plan.Files) == 0 {
		return plan, fmt.Errorf("%s: %w", name, ErrNoObjects)
	}
	return plan, nil
}

// An importer reads a playbook.
type importer struct {
	fsys  fs.FS
	opts  Options
	book  string // the playbook that is read
	files []string
	tasks int
	read  map[string]bool // tasks that were reported
	left  []Leftover
	apps  map[string]*app

	expressions expressions
	facts       []variable           // that tasks set, in their order
	inspected   map[string]inspected // by the text
	registered  map[string]bool      // variables that tasks set while they run
}

// leave notes what is not carried over, once for each place, however often a loop comes by.
func (i *importer) leave(at place, what string, a advice) {
	l := Leftover{File: at.file, Line: at.line, What: what, Why: a.why, Do: a.do}
	if key := l.String(); !i.read[key] {
		i.read[key] = true
		i.left = append(i.left, l)
	}
}

func (i *importer) plan() *Plan {
	p := &Plan{}
	for _, name := range slices.Sorted(maps.Keys(i.apps)) {
		a := i.apps[name]
		maps.DeleteFunc(a.services, func(_ string, to *service) bool { return len(to.templates) == 0 })
		if len(a.services) == 0 {
			continue
		}
		i.ingresses(a)
		p.Deploys = append(p.Deploys, i.deploy(a))
		for _, service := range slices.Sorted(maps.Keys(a.services)) {
			i.build(a.services[service])
			p.Files = append(p.Files, a.services[service].files...)
		}
		p.Files = append(p.Files, i.valuesFiles(a)...)
		p.Files = append(p.Files, i.taken(a, p.Files)...)
		p.Deploys[len(p.Deploys)-1].Values = i.unset(a)
	}
	slices.SortFunc(p.Files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	slices.SortStableFunc(i.left, func(a, b Leftover) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.What, b.What))
	})
	p.Left = i.left
	return p
}

var notLabel = regexp.MustCompile(`[^a-z0-9]+`)

// label returns name as a directory of the layout: a DNS-1123 label.
func label(name string) string {
	return strings.Trim(notLabel.ReplaceAllString(strings.ToLower(name), "-"), "-")
}
