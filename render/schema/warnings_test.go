package schema_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/render/schema"
)

const web = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n"

// Services are checked against the pods that they select.
func TestServices(t *testing.T) {
	t.Parallel()
	pods := container("ports: [{name: http, containerPort: 80}]\n")
	tests := []struct {
		name, text         string
		warnings, problems []string
	}{{
		name: "all is well",
		text: pods + web + "  selector: {app: home}\n  ports: [{port: 80, targetPort: http}]\n",
	}, {
		name:     "a port that the pods do not have",
		text:     pods + web + "  selector: {app: home}\n  ports:\n  - port: 80\n    targetPort: htp\n",
		problems: []string{"21:5: Service web: spec.ports[0].targetPort: the pods of Deployment home have no port of the name htp: did you mean http?"},
	}, {
		name:     "a selector that selects nothing",
		text:     pods + web + "  selector:\n    app: hme\n",
		warnings: []string{"shop/home/all.yml:18:3: Service web: spec.selector: selects no pods of the objects here: app=hme"},
	}, {
		name: "no pods here at all",
		text: web + "  selector: {app: home}\n  ports: [{port: 80}]\n",
	}, {
		name: "two ports without names, two of one name",
		text: web + "  ports:\n  - port: 80\n  - {port: 81, name: a}\n  - {port: 82, name: a}\n",
		problems: []string{
			"7:5: Service web: spec.ports[0]: a name is missing: there is more than one port",
			"9:16: Service web: spec.ports[2].name: another port has the name a in line 8",
		},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			warnings, err := schema.Validate(objects(t, tt.text), schema.Options{})
			if diff := cmp.Diff(tt.problems, problems(t, err)); diff != "" {
				t.Errorf("Validate(%s) mismatch (-want +got):\n%s", tt.text, diff)
			}
			if diff := cmp.Diff(tt.warnings, warnings); diff != "" {
				t.Errorf("Validate(%s) warnings mismatch (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

// What the grammar of references allows, and what it does not, and why.
func TestImages(t *testing.T) {
	t.Parallel()
	const digest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	tests := []struct{ image, problem, warning string }{
		{image: "repo/home:21"},
		{image: "home:1.0_a-b"},
		{image: "localhost:5000/a/b__c/d-e:1"},
		{image: "Registry.Example.com/home:1"},
		{image: "[2001:db8::1]:5000/home:1"},
		{image: "home" + digest},
		{image: "repo/home:1" + digest},
		{image: "nginx", warning: `"nginx" has no tag, so it is whatever latest is at the time: name one, or a digest`},
		{image: "nginx:latest", warning: `"nginx:latest" is another image every time: name a version, or a digest`},
		{image: "", problem: `"" is not a reference to an image: it is empty`},
		{image: " nginx:1", problem: `" nginx:1" is not a reference to an image: there are blanks around it`},
		{image: "a b:1", problem: `"a b:1" is not a reference to an image: there are blanks in it`},
		{image: "https://a/b:1", problem: `"https://a/b:1" is not a reference to an image: take the scheme off`},
		{image: "a@sha256:12", problem: `"a@sha256:12" is not a reference to an image: the digest is not as sha256:…`},
		{image: "a" + digest[:50], problem: `"a@sha256:0123456789abcdef0123456789abcdef0123456789" is not a reference to an image: a sha256 digest has 64 digits, this one 42`},
		{image: "a:", problem: `"a:" is not a reference to an image: the tag is empty`},
		{image: "a:-1", problem: `"a:-1" is not a reference to an image: the tag has letters, digits, _, . and - only, and at most 128 of them`},
		{image: "repo/Home:1", problem: `"repo/Home:1" is not a reference to an image: the repository's name has capital letters`},
		{image: "a..b/c:1", problem: `"a..b/c:1" is not a reference to an image: want registry.example.com/name:tag, in lower case letters, digits, and . _ - between them`},
	}
	for _, tt := range tests {
		objs := objects(t, deployment("containers:\n- name: home\n  image: \""+tt.image+"\"\n"))
		warnings, err := schema.Validate(objs, schema.Options{})
		const place = "11:9: Deployment home: spec.template.spec.containers[0].image: "
		var wantWarnings, want []string
		if tt.warning != "" {
			wantWarnings = []string{"shop/home/all.yml:" + place + tt.warning}
		}
		if tt.problem != "" {
			want = []string{place + tt.problem}
		}
		if diff := cmp.Diff(want, problems(t, err)); diff != "" {
			t.Errorf("Validate(%s) mismatch (-want +got):\n%s", tt.image, diff)
		}
		if diff := cmp.Diff(wantWarnings, warnings); diff != "" {
			t.Errorf("Validate(%s) warnings mismatch (-want +got):\n%s", tt.image, diff)
		}
	}
}

// Thousandths of a byte are hardly ever meant.
func TestMemoryInThousandths(t *testing.T) {
	t.Parallel()
	objs := objects(t, container("resources: {limits: {memory: 512m}}\n"))
	warnings, err := schema.Validate(objs, schema.Options{})
	want := []string{`shop/home/all.yml:12:30: Deployment home: spec.template.spec.containers[0].resources.limits.memory: "512m" is in thousandths of a byte: did you mean 512Mi?`}
	if diff := cmp.Diff(want, warnings); diff != "" || err != nil {
		t.Errorf("Validate = %v, warnings mismatch (-want +got):\n%s", err, diff)
	}
}
