package render_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/render"
)

func TestMergeValuesKeepsNulls(t *testing.T) {
	t.Parallel()
	first := render.MergeValues(nil, map[string]any{"a": nil})
	got := render.MergeValues(map[string]any{"a": 1}, first)
	if diff := cmp.Diff(map[string]any{"a": nil}, got); diff != "" {
		t.Errorf("MergeValues mismatch (-want +got):\n%s", diff)
	}
}

func TestMergeValuesOfNil(t *testing.T) {
	t.Parallel()
	if got := render.MergeValues(nil, nil); got == nil || len(got) != 0 {
		t.Errorf("MergeValues(nil, nil) = %#v, want an empty map", got)
	}
}

func TestMergeValuesShareNothing(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]any{
		"map": map[string]any{"x": "old"}, "list": []any{"old"},
		"typed map": map[string]string{"x": "old"}, "typed list": []string{"old"},
		"nested": map[string][]string{"x": {"old"}},
	} {
		over := map[string]any{"v": value}
		before, _ := json.Marshal(over)
		overwrite(render.MergeValues(nil, over))
		overwrite(render.MergeValues(over, nil))
		overwrite(render.MergeValues(over, over))
		if after, _ := json.Marshal(over); string(after) != string(before) {
			t.Errorf("%s: MergeValues shares it: %s became %s", name, before, after)
		}
	}
}

// overwrite changes all that a value holds.
func overwrite(value any) {
	switch value := value.(type) {
	case map[string]any:
		for name, item := range value {
			overwrite(item)
			value[name] = "new"
		}
		value["new"] = "new"
	case []any:
		for i, item := range value {
			overwrite(item)
			value[i] = "new"
		}
	case map[string]string:
		value["x"] = "new"
	case []string:
		value[0] = "new"
	case map[string][]string:
		value["x"][0] = "new"
	}
}

// FuzzMergeValues merges any three maps. Merging one with itself or with nothing
// changes nothing; how three are grouped makes no difference unless a map meets
// something else, which then hides what lies below; no argument changes.
func FuzzMergeValues(f *testing.F) {
	f.Add(`{"a": 1, "m": {"x": [1], "y": null}}`, `{"m": {"x": [2], "z": {}}}`, `{"a": null, "m": {"z": {"q": 1}}}`)
	f.Add(`{"m": {"x": 1}}`, `{"m": null}`, `{"m": {"y": 1}}`)
	f.Add(`{}`, `null`, `{"l": [{"a": 1}, {"a": 2}]}`)
	f.Fuzz(func(t *testing.T, one, two, three string) {
		a, b, c := parse(t, one), parse(t, two), parse(t, three)
		if diff := cmp.Diff(a, render.MergeValues(a, a)); diff != "" {
			t.Errorf("MergeValues(a, a) is not a (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(a, render.MergeValues(nil, a)); diff != "" {
			t.Errorf("MergeValues(nil, a) is not a (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(a, render.MergeValues(a, nil)); diff != "" {
			t.Errorf("MergeValues(a, nil) is not a (-want +got):\n%s", diff)
		}
		merged := render.MergeValues(render.MergeValues(a, b), c)
		if alike(a, b) && alike(b, c) && alike(a, c) {
			if diff := cmp.Diff(merged, render.MergeValues(a, render.MergeValues(b, c))); diff != "" {
				t.Errorf("MergeValues is not associative (-left +right):\n%s", diff)
			}
		}
		if diff := cmp.Diff(merged, render.MergeValues(merged, c)); diff != "" {
			t.Errorf("MergeValues(merged, c) is not merged (-want +got):\n%s", diff)
		}
		overwrite(merged)
		overwrite(render.MergeValues(a, c))
		for text, value := range map[string]map[string]any{one: a, two: b, three: c} {
			if diff := cmp.Diff(parse(t, text), value); diff != "" {
				t.Errorf("MergeValues changed an argument (-want +got):\n%s", diff)
			}
		}
	})
}

func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	values := map[string]any{}
	if json.Unmarshal([]byte(text), &values) != nil {
		t.Skip("no map")
	}
	if values == nil {
		values = map[string]any{}
	}
	return values
}

// alike reports whether no map of a meets something else in b, or the reverse.
func alike(a, b map[string]any) bool {
	for name, x := range a {
		y, ok := b[name]
		if !ok {
			continue
		}
		from, isMap := x.(map[string]any)
		onto, alsoMap := y.(map[string]any)
		if isMap != alsoMap || isMap && !alike(from, onto) {
			return false
		}
	}
	return true
}
