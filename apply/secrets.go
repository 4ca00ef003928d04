package apply

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
)

// secrets are the texts in the objects of a run that nobody is to see, in whatever the
// server, its controllers and the pods say: what was encrypted, as far as the objects tell
// it, and what Secrets hold. Nil has none.
type secrets struct {
	texts  []string
	once   sync.Once
	masker *strings.Replacer // of all texts
}

// add adds those of an object.
func (s *secrets) add(it *item) {
	s.texts = append(s.texts, it.lines.Secrets(it.obj.Object)...)
	if !isSecret(it.obj) {
		return
	}
	for _, field := range []string{"data", "stringData"} {
		for _, value := range valuesOf(it.obj, field) {
			text, _ := value.(string)
			s.texts = append(s.texts, text)
			if plain, err := base64.StdEncoding.DecodeString(text); err == nil && field == "data" {
				s.texts = append(s.texts, string(plain))
			}
		}
	}
}

// secretsOf returns those of the item's run; none of nil, which nothing is told of.
func (it *item) secretsOf() *secrets {
	if it == nil {
		return nil
	}
	return it.secrets
}

func (s *secrets) mask(text string) string {
	if s == nil {
		return text
	}
	s.once.Do(func() { s.masker = layouts.Masker(s.texts) })
	return s.masker.Replace(text)
}

func (s *secrets) maskAll(texts []string) []string {
	out := slices.Clone(texts)
	for i, text := range out {
		out[i] = s.mask(text)
	}
	return out
}

// maskPods masks what pods say.
func (s *secrets) maskPods(pods []PodFailure) []PodFailure {
	out := slices.Clone(pods)
	for i, pod := range out {
		out[i].Message, out[i].Log = s.mask(pod.Message), s.maskAll(pod.Log)
	}
	return out
}

// maskAnswer masks an answer of the server.
func (s *secrets) maskAnswer(err error) error {
	var answer apierrors.APIStatus
	if s == nil || !errors.As(err, &answer) {
		return err
	}
	status := answer.Status()
	status = *status.DeepCopy()
	before := status.DeepCopy()
	status.Message = s.mask(status.Message)
	changed := status.Message != before.Message
	if status.Details != nil {
		for i, cause := range status.Details.Causes {
			status.Details.Causes[i].Message = s.mask(cause.Message)
			changed = changed || status.Details.Causes[i].Message != cause.Message
		}
	}
	if !changed {
		return err
	}
	return &apierrors.StatusError{ErrStatus: status}
}

// maskValue returns a copy of a value with its texts masked.
func (s *secrets) maskValue(value any) any {
	switch v := value.(type) {
	case string:
		return s.mask(v)
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, item := range v {
			out[name] = s.maskValue(item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = s.maskValue(item)
		}
		return out
	}
	return value
}

// encrypted reports whether the field was made of what was encrypted.
func encrypted(field layouts.Field) bool {
	return slices.ContainsFunc(field.Values, func(v layouts.FieldValue) bool { return v.Secret })
}

// conceal hides the values among changes of the object that nobody is to see, and what
// was there before them: it may have been a secret, too.
func (it *item) conceal(changes []FieldChange) []FieldChange {
	for i, c := range changes {
		field, _ := it.fieldOf(c.Path)
		now := it.secrets.maskValue(c.New)
		switch {
		case encrypted(field):
			changes[i].Old, changes[i].New = hiddenIf(c.Old), hiddenIf(c.New)
		case jsonText(now) != jsonText(c.New):
			changes[i].Old, changes[i].New = hiddenIf(c.Old), now
		default:
			changes[i].Old = it.secrets.maskValue(c.Old)
		}
	}
	return changes
}

func hiddenIf(value any) any {
	if value == nil {
		return nil
	}
	return hidden
}

// concealed returns copies of what was there and of what is to be, for people to see.
func (it *item) concealed(before, after *unstructured.Unstructured) (_, _ *unstructured.Unstructured) {
	if it == nil || it.secrets == nil || len(it.secrets.texts) == 0 {
		return before, after
	}
	old, now := objectOf(copyOf(before)), objectOf(copyOf(after))
	it.hide(it.obj.Object, "", old, now)
	return it.maskedObject(old), it.maskedObject(now)
}

func objectOf(obj *unstructured.Unstructured) any {
	if obj == nil {
		return nil
	}
	return obj.Object
}

func (it *item) maskedObject(content any) *unstructured.Unstructured {
	fields, ok := it.secrets.maskValue(content).(map[string]any)
	if !ok {
		return nil
	}
	return &unstructured.Unstructured{Object: fields}
}

// hide puts "***" for each scalar of sent that was made of what was encrypted, in both old
// and now, which it changes; where they differ, it says which is which. It returns them.
func (it *item) hide(sent any, path string, old, now any) (any, any) {
	switch sent := sent.(type) {
	case map[string]any:
		before, _ := old.(map[string]any)
		after, _ := now.(map[string]any)
		for name, value := range sent {
			a, b := it.hide(value, strings.TrimPrefix(path+"."+name, "."), before[name], after[name])
			put(before, name, a)
			put(after, name, b)
		}
		return old, now
	case []any:
		before, _ := old.([]any)
		after, _ := now.([]any)
		for i, value := range sent {
			from, to := twin(before, value, i), twin(after, value, i)
			a, b := it.hide(value, fmt.Sprintf("%s[%d]", path, i), at(before, from), at(after, to))
			putAt(before, from, a)
			putAt(after, to, b)
		}
		return old, now
	}
	if !encrypted(it.lines[path]) {
		return old, now
	}
	if old != nil && now != nil && jsonText(old) != jsonText(now) {
		return "*** (before)", "*** (after)"
	}
	return starsIf(old), starsIf(now)
}

func starsIf(value any) any {
	if value == nil {
		return nil
	}
	return "***"
}

// twin returns where a list has the item: the one of its name, if it has a name, else the
// one at the same place.
func twin(list []any, item any, i int) int {
	fields, _ := item.(map[string]any)
	if name, ok := fields["name"].(string); ok {
		return slices.IndexFunc(list, func(other any) bool {
			theirs, _ := other.(map[string]any)
			return theirs["name"] == any(name)
		})
	}
	return i
}

func at(list []any, i int) any {
	if i < 0 || i >= len(list) {
		return nil
	}
	return list[i]
}

func putAt(list []any, i int, value any) {
	if i >= 0 && i < len(list) {
		list[i] = value
	}
}

func put(fields map[string]any, name string, value any) {
	if _, there := fields[name]; there {
		fields[name] = value
	}
}
