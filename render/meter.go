package render

import (
	"errors"
	"fmt"
	"reflect"
	"text/template"
	"time"

	"github.com/slipway-go/slipway/internal/yamlwork"
)

// Bounds of what functions make. Sprig has none: three words of a template, as
// {{ repeat 2000000000 "x" }}, ask for all the memory there is.
const (
	maxValue   = 8 << 20  // bytes of one value, about what its text has
	maxWork    = 32 << 20 // bytes that one call is given, or that it asks for
	maxHeavy   = 1 << 20  // bytes that one of the heavy functions is given
	maxMade    = 96 << 20 // bytes of all that the functions of one run return
	maxAliased = 8 << 20  // bytes of what the aliases of a document stand for
	maxDepth   = 1000     // of maps and lists, one within another

	maxEffort = 500 * time.Millisecond // about what the functions of one run take
)

// What a call takes, about, and what of what it is given and returns.
const (
	perCall     = 500 * time.Nanosecond
	perByte     = 8 * time.Nanosecond
	perValueFor = 250 * time.Nanosecond
)

// slower are the functions that take that many times as long.
var slower = map[string]time.Duration{
	"camelcase": 6, "kebabcase": 6, "snakecase": 6, "deepCopy": 8, "mustDeepCopy": 8,
	"without": 2, "mustWithout": 2, "semver": 6, "semverCompare": 50,
}

// fixed is what functions take, whatever they are given: a key is derived, or regular
// expressions are made.
var fixed = map[string]time.Duration{
	"derivePassword": 50 * time.Millisecond, "semver": 2 * time.Microsecond,
	"semverCompare": 10 * time.Microsecond,
}

var (
	errTooLarge = errors.New("too large")
	errNull     = errors.New("the value is null: give it a default")
	errTooDeep  = fmt.Errorf("over %d maps and lists, one within another", maxDepth)
	errTooLong  = errors.New("the functions of this template take too long: they are called too often, " +
		"or given too much")
)

// shallow are the functions that look at their arguments or return one of them,
// whatever its size.
var shallow = map[string]bool{
	"get": true, "hasKey": true, "dig": true, "default": true, "required": true, "empty": true,
	"ternary": true, "coalesce": true, "first": true, "last": true, "include": true,
}

// heavy are the functions that take far more memory and time than a text, or than the
// values: it tells about how many bytes for arguments of a weight.
var heavy = map[string]func(args []reflect.Value, weight int) int{
	"fromYaml": func(args []reflect.Value, _ int) int { return yamlwork.Of(args[0].String()) },
	"fromJson": perWeight, "mustFromJson": perWeight, "toYaml": perWeight,
}

func perWeight(_ []reflect.Value, weight int) int { return 64 * weight }

// perHeavy is what a call of a heavy function takes at least.
const perHeavy = 2 << 10

// standard are text/template's own functions that make text, or compare it.
var standard = template.FuncMap{
	"print": fmt.Sprint, "println": fmt.Sprintln, "printf": fmt.Sprintf,
	"html": template.HTMLEscaper, "js": template.JSEscaper, "urlquery": template.URLQueryEscaper,
	"eq": equalAny, "ne": comparison("ne"), "lt": comparison("lt"), "le": comparison("le"),
	"gt": comparison("gt"), "ge": comparison("ge"),
}

var errorType = reflect.TypeFor[error]()

// bounded returns f with the bounds kept: the same function, with an error.
func (e *engine) bounded(name string, f any) any {
	if shallow[name] {
		return f
	}
	fn := reflect.ValueOf(f)
	in := make([]reflect.Type, fn.Type().NumIn())
	for i := range in {
		in[i] = fn.Type().In(i)
	}
	out := []reflect.Type{fn.Type().Out(0), errorType}
	kind := reflect.FuncOf(in, out, fn.Type().IsVariadic())
	return reflect.MakeFunc(kind, func(args []reflect.Value) []reflect.Value {
		result, err := e.x.call(name, fn, args)
		if err != nil {
			result = reflect.Zero(out[0])
		}
		return []reflect.Value{result, reflect.ValueOf(&err).Elem()}
	}).Interface()
}

// call calls fn if what it is given and what it asks for are within bounds, and
// returns the result if that is too.
func (x *execution) call(name string, fn reflect.Value, args []reflect.Value,
) (reflect.Value, error) {
	if x.stopped = x.ctx.Err(); x.stopped != nil {
		return reflect.Value{}, x.stopped
	}
	if err := x.given(name, args); err != nil {
		return reflect.Value{}, err
	}
	if ask, ok := asks[name]; ok && ask(args) > maxWork {
		return reflect.Value{}, bound(name+" asks for", maxWork, errTooLarge)
	}
	if search := regexes[name]; search != nil {
		return x.search(name, search, args)
	}
	do := fn.Call
	if fn.Type().IsVariadic() {
		do = fn.CallSlice
	}
	results := do(args)
	if len(results) == 2 && !results[1].IsNil() {
		return reflect.Value{}, results[1].Interface().(error)
	}
	return results[0], x.made(name, results[0].Interface())
}

// given is an error if a function is given too much.
func (x *execution) given(name string, args []reflect.Value) error {
	limit, takes := maxWork, heavy[name]
	if takes != nil {
		limit = maxHeavy
	}
	s := scale{left: limit}
	for _, arg := range args {
		if err := s.add(arg.Interface()); err != nil {
			return bound(name+" is given", limit, err)
		}
	}
	err := x.take(fixed[name] + perCall + s.effort(limit)*max(1, slower[name]))
	if err != nil || takes == nil {
		return err
	}
	return x.spend(perHeavy + takes(args, limit-s.left))
}

// take adds to how long the functions of the run take.
func (x *execution) take(effort time.Duration) error {
	if x.effort += effort; x.effort > maxEffort {
		return errTooLong
	}
	return nil
}

// made adds what a function returned to what the run may make.
func (x *execution) made(name string, value any) error {
	s := scale{left: maxValue}
	if err := s.add(value); err != nil {
		return bound(name+" makes", maxValue, err)
	}
	if err := x.take(s.effort(maxValue) / 2); err != nil {
		return err
	}
	return x.spend(maxValue - s.left)
}

// spend adds to what the run may make.
func (x *execution) spend(bytes int) error {
	if x.total += bytes; x.total > maxMade {
		return bound("the functions of this template make", maxMade, errTooLarge)
	}
	return nil
}

func bound(what string, bytes int, err error) error {
	if errors.Is(err, errTooLarge) {
		return fmt.Errorf("%s more than %d MiB, the bound", what, bytes>>20)
	}
	return fmt.Errorf("%s %w", what, err)
}

// A scale weighs values: about the bytes of their text, what they hold counted as
// often as it is there.
type scale struct{ left, depth, values int }

// perValue is the weight of a value beside its text.
const perValue = 8

func (s *scale) add(value any) error {
	switch v := value.(type) {
	case string:
		return s.take(len(v))
	case map[string]any:
		return s.within(len(v), func() error {
			for name, item := range v {
				if err := errors.Join(s.take(len(name)), s.add(item)); err != nil {
					return err
				}
			}
			return nil
		})
	case []any:
		return s.within(len(v), func() error { return addAll(s, v) })
	case []string:
		return s.within(len(v), func() error { return addAll(s, v) })
	case []int:
		return s.within(len(v), func() error { return s.numbers(len(v)) })
	case nil, bool, int, int64, float64:
		return s.take(0)
	}
	return s.reflect(reflect.ValueOf(value))
}

// effort returns about how long a function takes for what was weighed.
func (s *scale) effort(limit int) time.Duration {
	text := limit - s.left - perValue*s.values
	return time.Duration(text)*perByte + time.Duration(s.values)*perValueFor
}

func (s *scale) take(bytes int) error {
	s.values++
	if s.left -= bytes + perValue; s.left < 0 {
		return errTooLarge
	}
	return nil
}

// within adds a map or a list whose items add adds.
func (s *scale) within(items int, add func() error) error {
	if s.depth++; s.depth > maxDepth {
		return errTooDeep
	}
	defer func() { s.depth-- }()
	if items > s.left/perValue {
		return errTooLarge
	}
	return errors.Join(s.take(0), add())
}

// numbers adds as many numbers.
func (s *scale) numbers(n int) error {
	s.values += n
	if s.left -= perValue * n; s.left < 0 {
		return errTooLarge
	}
	return nil
}

func addAll[T any](s *scale, items []T) error {
	for _, item := range items {
		if err := s.add(item); err != nil {
			return err
		}
	}
	return nil
}

// reflect adds a value of any other type.
func (s *scale) reflect(value reflect.Value) error {
	switch value.Kind() {
	case reflect.String:
		return s.take(value.Len())
	case reflect.Slice, reflect.Array:
		return s.within(value.Len(), func() error {
			for i := range value.Len() {
				if err := s.add(value.Index(i).Interface()); err != nil {
					return err
				}
			}
			return nil
		})
	case reflect.Map:
		return s.within(value.Len(), func() error {
			for entries := value.MapRange(); entries.Next(); {
				err := errors.Join(s.add(entries.Key().Interface()), s.add(entries.Value().Interface()))
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	return s.take(0)
}
