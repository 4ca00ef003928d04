package values

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

// Args are the arguments that give values, each as often as it was given. They count
// in the order of the fields, later ones over earlier ones: maps merge, everything else
// replaces.
type Args struct {
	Files   []string // --values: names of files
	Extra   []string // -e: pairs, a map in braces, or @file
	Set     []string // --set: a.b=text,c[0]=text
	SetFile []string // --set-file: a.b=name of a file
	SetJSON []string // --set-json: a.b=JSON

	// ReadFile reads a file that an argument names; os.ReadFile, usually. Nil refuses
	// them all.
	ReadFile func(name string) ([]byte, error)

	// Decrypt, if set, returns the plain text of a file that Files or Extra name; see
	// [render.Options]. The origins of what was encrypted say that it is secret.
	Decrypt func(layouts.File) (layouts.File, error)
}

// Given is what arguments gave: the fields of those names of [render.Options].
type Given struct {
	Values  map[string]any
	Origins map[string]render.Origin
}

// An ArgError is an argument that makes no sense. It does not tell its text, which may
// be a secret.
type ArgError struct {
	Flag string
	Err  error
}

func (e *ArgError) Error() string { return e.Flag + ": " + e.Err.Error() }

func (e *ArgError) Unwrap() error { return e.Err }

// Parse returns the values that the arguments give. An argument that makes no sense is
// an [*ArgError]; what is wrong with a file of values is a [*render.Error] in it.
func Parse(args Args) (*Given, error) {
	p := &parser{args, &Given{map[string]any{}, map[string]render.Origin{}}}
	for _, flag := range []struct {
		name  string
		texts []string
		take  func(text string) error
	}{
		{"--values", args.Files, func(name string) error { return p.file("--values", name) }},
		{"-e", args.Extra, p.extra},
		{"--set", args.Set, p.set},
		{"--set-file", args.SetFile, p.setFile},
		{"--set-json", args.SetJSON, p.setJSON},
	} {
		for _, text := range flag.texts {
			if err := flag.take(text); err != nil {
				return nil, inFlag(flag.name, err)
			}
		}
	}
	return p.given, nil
}

// inFlag returns err as one of the flag, if it is not in a file or of one.
func inFlag(flag string, err error) error {
	if arg := (*ArgError)(nil); errors.As(err, &arg) {
		return err
	}
	if at := (*render.Error)(nil); errors.As(err, &at) {
		return err
	}
	return &ArgError{flag, err}
}

// A parser collects what arguments give.
type parser struct {
	Args
	given *Given
}

// merge lays values over what was given, which came from there.
func (p *parser) merge(values map[string]any, from map[string]render.Origin) {
	p.given.Values = render.MergeValues(p.given.Values, values)
	maps.Copy(p.given.Origins, from)
}

// note says that the value at path was set by a flag.
func (p *parser) note(path, flag string) {
	p.given.Origins[path] = render.Origin{Path: path, File: flag}
}

func (p *parser) read(name string) ([]byte, error) {
	if p.ReadFile == nil {
		return nil, errors.New("no file can be read here")
	}
	return p.ReadFile(name)
}

// file reads a file of values. That there is none is no error of usage.
func (p *parser) file(flag, name string) error {
	data, err := p.read(name)
	if err != nil {
		return &render.Error{File: flag, Err: err}
	}
	f := layouts.File{Path: name, Data: data}
	if p.Decrypt != nil {
		if f, err = p.Decrypt(f); err != nil {
			return err
		}
	}
	return p.text(f, data)
}

// text takes the values of a file, which was raw before it was decrypted.
func (p *parser) text(f layouts.File, raw []byte) error {
	values, err := render.ParseVars(f)
	if err != nil {
		return err
	}
	p.merge(values, render.Origins(f, raw))
	return nil
}

func (p *parser) set(text string) error {
	pairs, err := parseSet(text)
	if err != nil {
		return err
	}
	changed := render.MergeValues(nil, p.given.Values) // once: there may be thousands of pairs
	for _, pair := range pairs {
		if err := pair.path.put(changed, pair.value); err != nil {
			return err
		}
		p.noteList(pair.path, "--set")
	}
	p.given.Values = changed
	return nil
}

// put sets the value at a path.
func (p *parser) put(at path, value any, flag string) error {
	changed := render.MergeValues(nil, p.given.Values)
	if err := at.put(changed, value); err != nil {
		return err
	}
	p.given.Values = changed
	p.noteList(at, flag)
	return nil
}

// noteList says that the value at a path was set, of a list the whole: it is one value,
// whatever changed in it, and stays secret if it was.
func (p *parser) noteList(at path, flag string) {
	list, _, isItem := strings.Cut(at.String(), "[")
	secret := isItem && p.given.Origins[list].Secret
	p.given.Origins[list] = render.Origin{Path: list, File: flag, Secret: secret}
}

func (p *parser) setFile(text string) error {
	at, name, err := cutPath(text, "name=file")
	if err != nil {
		return err
	}
	data, err := p.read(name)
	if err != nil {
		return &render.Error{File: "--set-file", Err: err}
	}
	return p.put(at, string(data), "--set-file")
}

func (p *parser) setJSON(text string) error {
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		var values map[string]any
		if err := utiljson.Unmarshal([]byte(text), &values); err != nil {
			return fmt.Errorf("not JSON: %w", err)
		}
		p.merge(values, nil)
		for name := range values {
			p.note(name, "--set-json")
		}
		return nil
	}
	at, text, err := cutPath(text, "name=JSON")
	if err != nil {
		return err
	}
	var value any
	if err := utiljson.Unmarshal([]byte(text), &value); err != nil {
		return fmt.Errorf("%s is not JSON: %w: for a plain text use --set", at, err)
	}
	return p.put(at, value, "--set-json")
}

// cutPath cuts text at the first "=" after a path.
func cutPath(text, want string) (path, string, error) {
	s := &scanner{rest: text}
	at, err := s.path()
	if err != nil {
		return nil, "", err
	}
	rest, ok := strings.CutPrefix(s.rest, "=")
	if !ok {
		return nil, "", fmt.Errorf("want %s", want)
	}
	return at, rest, nil
}
