package ingress_test

import (
	"testing"

	"github.com/slipway-go/slipway/ingress"
)

func TestBackendText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want ingress.Backend
	}{
		{"kids:80", ingress.Backend{Service: "kids", Port: "80"}},
		{"kids:http", ingress.Backend{Service: "kids", Port: "http"}},
		{"example.com/Bucket/icons", ingress.Backend{
			Resource: ingress.Resource{APIGroup: "example.com", Kind: "Bucket", Name: "icons"}}},
		{"/ConfigMap/icons", ingress.Backend{
			Resource: ingress.Resource{Kind: "ConfigMap", Name: "icons"}}},
		{"rbac/Role/system:read", ingress.Backend{
			Resource: ingress.Resource{APIGroup: "rbac", Kind: "Role", Name: "system:read"}}},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			if got := tt.want.String(); got != tt.text {
				t.Errorf("Backend.String() = %q, want %q", got, tt.text)
			}
			if got, err := tt.want.MarshalText(); string(got) != tt.text || err != nil {
				t.Errorf("Backend.MarshalText() = %q, %v, want %q", got, err, tt.text)
			}
			var got ingress.Backend
			if err := got.UnmarshalText([]byte(tt.text)); err != nil || got != tt.want {
				t.Errorf("Backend.UnmarshalText(%s) = %+v, %v, want %+v", tt.text, got, err, tt.want)
			}
		})
	}
}

func TestBackendTextRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "kids", "kids:", ":80", "a/b", "a/b/c/d", "group//name", "group/Kind/"} {
		b := ingress.Backend{Service: "before", Port: "1"}
		err := b.UnmarshalText([]byte(text))
		wantError(t, "Backend.UnmarshalText("+text+")", err, text, "service:port", "group/kind/name")
		if want := (ingress.Backend{Service: "before", Port: "1"}); b != want {
			t.Errorf("Backend.UnmarshalText(%s) left %+v, want %+v", text, b, want)
		}
	}
}

func TestRouteString(t *testing.T) {
	t.Parallel()
	tests := []struct {
		route ingress.Route
		want  string
	}{
		{ingress.Route{Host: "a.example.com", PathType: "Prefix", Path: "/x"}, "a.example.com/x"},
		{ingress.Route{PathType: "Prefix", Path: "/"}, "*/"},
		{ingress.Route{Host: "*.example.com", PathType: "Exact", Path: "/x"}, "*.example.com/x (Exact)"},
		{ingress.Route{Host: "a", PathType: "ImplementationSpecific"}, "a/ (ImplementationSpecific)"},
	}
	for _, tt := range tests {
		if got := tt.route.String(); got != tt.want {
			t.Errorf("Route.String() = %q, want %q", got, tt.want)
		}
	}
}

// FuzzBackendText checks that what reads as a Backend writes as the same text,
// so that no two texts are one Backend and no two Backends one text.
func FuzzBackendText(f *testing.F) {
	for _, text := range []string{
		"kids:80", "kids:http", "g/K/n", "/K/n", "g/K/n:x", "a:b:c", "", ":", "//", "a/b",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var b ingress.Backend
		if err := b.UnmarshalText([]byte(text)); err != nil {
			return
		}
		if b == (ingress.Backend{}) {
			t.Fatalf("Backend.UnmarshalText(%q) = %+v, want a backend", text, b)
		}
		if got := b.String(); got != text {
			t.Errorf("Backend.UnmarshalText(%q).String() = %q", text, got)
		}
	})
}
