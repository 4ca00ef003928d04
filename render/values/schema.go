package values

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

// Check checks the values of the services that opts selects against the schema of
// common/ and their own. app_name and service_name are not among them. All problems
// come joined, each a [*render.Error] where the value was set, or in the schema. A
// schema of common/ is for the services; the templates of common/ see no other values
// than they do, so theirs are not checked apart.
func Check(app *layouts.App, opts render.Options) error {
	services, err := app.Select(opts.Services...)
	if err != nil {
		return err
	}
	common, err := compile(app.Common.Schema)
	if err != nil {
		return err
	}
	var errs []error
	for _, s := range services {
		own, err := compile(s.Schema)
		if err != nil {
			errs = append(errs, err)
		}
		if common == nil && own == nil {
			continue
		}
		errs = append(errs, checkService(app, s.Name, opts, common, own)...)
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	errs = slices.CompactFunc(errs, func(a, b error) bool { return a.Error() == b.Error() })
	return render.Quote(app, errors.Join(errs...))
}

// A schema is a file, compiled.
type schema struct {
	file string
	*jsonschema.Schema
}

var errOther = errors.New("a schema cannot load another one: put it in, under $defs")

// noLoader loads nothing: neither files nor from the network.
type noLoader struct{}

func (noLoader) Load(string) (any, error) { return nil, errOther }

func compile(f *layouts.File) (_ *schema, err error) {
	if f == nil {
		return nil, nil
	}
	defer func() { // the library does not put up with each number of JSON
		if p := recover(); p != nil {
			err = &render.Error{File: f.Path, Err: fmt.Errorf("not a JSON Schema: %w", errNumber)}
		}
	}()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(f.Data))
	if err != nil {
		return nil, &render.Error{File: f.Path, Err: fmt.Errorf("not JSON: %w", err)}
	}
	if err := (&survey{anchors: map[any]bool{}}).of(document); err != nil {
		return nil, &render.Error{File: f.Path, Err: fmt.Errorf("not a JSON Schema: %w", err)}
	}
	const url = "vars:///schema"
	compiler := jsonschema.NewCompiler()
	regexes := patterns{made: map[string]pattern{}}
	compiler.UseRegexpEngine(regexes.compile)
	compiler.UseLoader(noLoader{})
	if err := compiler.AddResource(url, document); err != nil {
		return nil, &render.Error{File: f.Path, Err: err}
	}
	compiled, err := compiler.Compile(url)
	if regexes.err != nil {
		err = regexes.err
	}
	if meta := (*jsonschema.SchemaValidationError)(nil); errors.As(err, &meta) {
		invalid := (*jsonschema.ValidationError)(nil)
		errors.As(meta.Err, &invalid)
		for cause := range causes(invalid) {
			err = fmt.Errorf("%s: %s", where(cause.InstanceLocation), problem(cause.ErrorKind))
			break
		}
	}
	if err != nil {
		text := strings.ReplaceAll(err.Error(), url, "")
		return nil, &render.Error{File: f.Path, Err: fmt.Errorf("not a JSON Schema: %s", text)}
	}
	return &schema{f.Path, compiled}, nil
}

// causes yields the problems that have no other as their cause. What fits none of
// several schemas is one problem.
func causes(e *jsonschema.ValidationError) iter.Seq[*jsonschema.ValidationError] {
	return func(yield func(*jsonschema.ValidationError) bool) {
		_, several := e.ErrorKind.(*kind.AnyOf)
		if !several {
			_, several = e.ErrorKind.(*kind.OneOf)
		}
		if len(e.Causes) == 0 || several {
			yield(e)
			return
		}
		for _, cause := range e.Causes {
			for deepest := range causes(cause) {
				if !yield(deepest) {
					return
				}
			}
		}
	}
}

func checkService(app *layouts.App, service string, opts render.Options, schemas ...*schema) []error {
	values, err := render.Values(app, service, opts)
	if err != nil {
		return []error{err}
	}
	leaves, err := render.Leaves(app, service, opts)
	if err != nil {
		return []error{err}
	}
	delete(values, "app_name")
	delete(values, "service_name")
	var errs []error
	for _, s := range schemas {
		if s == nil {
			continue
		}
		if err := s.bounded(values); err != nil {
			errs = append(errs, &render.Error{File: s.file, Err: err})
			continue
		}
		c := checked{s, leaves}
		told := len(errs)
		if invalid := (*jsonschema.ValidationError)(nil); errors.As(s.Validate(values), &invalid) {
			for cause := range causes(invalid) {
				if errs = append(errs, c.error(cause)); len(errs)-told > maxProblems {
					break
				}
			}
		}
	}
	return errs
}

// maxValues bounds what is checked. More than maxProblems are not told anyway.
const (
	maxValues   = 20_000
	maxProblems = 1000
)

var errTooMany = errors.New("the values are too many, or too long, to check by this schema")

func (s *schema) bounded(values map[string]any) error {
	if weight(values) > maxValues {
		return errTooMany
	}
	left := effort(maxEffort)
	if left.check(s.Schema, values, nil); left < 0 {
		return errSteps
	}
	return nil
}

// weight returns how many values there are in one; 64 bytes of text count as one.
func weight(value any) int {
	n := 1
	switch v := value.(type) {
	case map[string]any:
		for _, item := range v {
			n += weight(item)
		}
	case []any:
		for _, item := range v {
			n += weight(item)
		}
	case string:
		n += len(v) / 64
	}
	return n
}

// checked are values that were checked against a schema.
type checked struct {
	*schema
	leaves []render.Leaf
}

// error returns what is wrong, where the value was set.
func (c checked) error(e *jsonschema.ValidationError) error {
	at := where(e.InstanceLocation)
	what := fmt.Sprintf("%s: %s", cmp.Or(at, "the values"), problem(e.ErrorKind))
	from, set := c.origin(at)
	if !set {
		return &render.Error{File: c.file, Err: errors.New(what)}
	}
	return &render.Error{
		File: from.File, Line: from.Line, Err: fmt.Errorf("%s, by %s", what, c.file),
	}
}

// where returns a path as package render writes it.
func where(location []string) string {
	var b strings.Builder
	for i, name := range location {
		switch _, err := strconv.Atoi(name); {
		case err == nil:
			b.WriteString("[" + name + "]")
		case i > 0:
			b.WriteString("." + name)
		default:
			b.WriteString(name)
		}
	}
	return b.String()
}

// origin returns where the value at a path was set: of a list's item, where the list
// was; of a map, where the first value in it was.
func (c checked) origin(at string) (render.Origin, bool) {
	for _, leaf := range c.leaves {
		if leaf.Path == at || at != "" && strings.HasPrefix(leaf.Path, at+".") ||
			strings.HasPrefix(at, leaf.Path+"[") {
			from := leaf.Origin
			from.Path = at
			return from, true
		}
	}
	return render.Origin{}, false
}

// problem says what a schema wants. It does not tell the value.
func problem(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Type:
		want := strings.Join(slices.Sorted(slices.Values(k.Want)), " or ")
		return fmt.Sprintf("want %s, not %s", want, k.Got)
	case *kind.Enum:
		return "want one of " + list(k.Want)
	case *kind.Const:
		return "want " + list([]any{k.Want})
	case *kind.Required:
		return strings.Join(k.Missing, ", ") + " must be set"
	case *kind.AdditionalProperties:
		return strings.Join(k.Properties, ", ") + " is not known"
	case *kind.Pattern:
		return "want a text that matches " + k.Want
	case *kind.Format:
		return "want a text of the format " + k.Want
	case *kind.Minimum:
		return "want at least " + k.Want.RatString()
	case *kind.Maximum:
		return "want at most " + k.Want.RatString()
	case *kind.MinLength:
		return fmt.Sprintf("want at least %d characters", k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("want at most %d characters", k.Want)
	case *kind.MinItems:
		return fmt.Sprintf("want at least %d items", k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("want at most %d items", k.Want)
	}
	keyword := "its rules"
	if path := k.KeywordPath(); len(path) > 0 {
		keyword = path[0]
	}
	return "does not fit " + keyword
}

func list(values []any) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprint(v)
	}
	return strings.Join(texts, ", ")
}
