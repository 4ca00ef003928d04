package yamlspot_test

import (
	"testing"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"

	"github.com/slipway-go/slipway/internal/yamlspot"
)

func TestOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text    string
		offset  int
		problem string
	}{
		{"a: [\n", 3, "did not find expected node content"},
		{"a: b\nc: d: e\n", 9, "mapping values are not allowed in this context"},
		{"a: 'b\n", 3, "found unexpected end of stream"},
		{"", -1, ""},
	}
	for _, tt := range tests {
		var value any
		err := goyaml.Unmarshal([]byte(tt.text), &value)
		if err == nil {
			if tt.offset >= 0 {
				t.Errorf("%q is YAML", tt.text)
			}
			continue
		}
		if offset, problem := yamlspot.Of([]byte(tt.text), err); offset != tt.offset || problem != tt.problem {
			t.Errorf("Of(%q) = %d, %s, want %d, %s", tt.text, offset, problem, tt.offset, tt.problem)
		}
	}
}
