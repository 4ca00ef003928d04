package render_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/fstest"
	"text/template"
	"time"

	"github.com/Masterminds/sprig/v3"
	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

const eachDeployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .service_name }}
  labels:
    app: {{ .service_name }}
    part-of: {{ .app_name }}
spec:
  replicas: {{ .replicas | default 2 }}
  selector:
    matchLabels:
      app: {{ .service_name }}
  template:
    metadata:
      labels:
        app: {{ .service_name }}
        part-of: {{ .app_name }}
    spec:
      containers:
      - name: {{ .service_name }}
        image: {{ .image_id }}
        ports:
        - name: http
          containerPort: {{ .port }}
        env:
        {{- range $name, $value := .env }}
        - name: {{ $name }}
          value: {{ $value | quote }}
        {{- end }}
        readinessProbe:
          httpGet: {path: /healthz, port: http}
        resources:
          {{- toYaml .resources | nindent 10 }}
        {{- if .debug }}
        args: [--debug]
        {{- end }}
`

const eachService = `apiVersion: v1
kind: Service
metadata:
  name: {{ .service_name }}
  labels:
    app: {{ .service_name }}
spec:
  selector:
    app: {{ .service_name }}
  ports:
  - name: http
    port: 80
    targetPort: {{ .port }}
`

const commonVars = `replicas: 3
port: 8080
debug: false
env: {LOG_LEVEL: info, REGION: eu-west-1, CACHE: redis-master}
resources:
  requests: {cpu: 100m, memory: 128Mi}
  limits: {memory: 256Mi}
`

// services returns an app of n services with two templates each.
func services(b testing.TB, n int) *layouts.App {
	b.Helper()
	fsys := fstest.MapFS{
		"shop/common/vars.yml":            {Data: []byte(commonVars)},
		"shop/common/each/deployment.yml": {Data: []byte(eachDeployment)},
		"shop/common/each/service.yml":    {Data: []byte(eachService)},
	}
	for i := range n {
		fsys[fmt.Sprintf("shop/service-%04d/vars.yml", i)] = &fstest.MapFile{Data: []byte("replicas: 2\n")}
	}
	app, err := layouts.Load(fsys, "shop")
	if err != nil {
		b.Fatal(err)
	}
	return app
}

// bare executes the same templates with text/template and decodes what they make, and
// does nothing else.
func bare(b *testing.B, app *layouts.App) time.Duration {
	b.Helper()
	var templates []*template.Template
	for _, f := range app.Each {
		funcs := sprig.HermeticTxtFuncMap()
		funcs["toYaml"] = func(v any) (string, error) {
			text, err := yaml.Marshal(v)
			return string(bytes.TrimSuffix(text, []byte("\n"))), err
		}
		templates = append(templates, template.Must(template.New(f.Path).Funcs(funcs).Parse(string(f.Data))))
	}
	var all []map[string]any
	start := time.Now()
	for _, s := range app.Services {
		values, err := render.Values(&layouts.App{Name: "shop"}, layouts.Common, render.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := yaml.Unmarshal([]byte(commonVars), &values); err != nil {
			b.Fatal(err)
		}
		values["service_name"], values["image_id"] = s.Name, "repo/home:21"
		for _, t := range templates {
			var out bytes.Buffer
			var obj map[string]any
			if err := t.Execute(&out, values); err != nil {
				b.Fatal(err)
			}
			if err := yaml.Unmarshal(out.Bytes(), &obj); err != nil {
				b.Fatal(err)
			}
			all = append(all, obj)
		}
	}
	took := time.Since(start)
	if len(all) != 2*len(app.Services) {
		b.Fatalf("%d objects", len(all))
	}
	return took
}

// BenchmarkServices renders 1,000 services of two templates each, and reports how long
// text/template and a YAML library take for the same, and the ratio.
func BenchmarkServices(b *testing.B) {
	app := services(b, 1000)
	opts := render.Options{Values: map[string]any{"image_id": "repo/home:21"}}
	var least, whole time.Duration
	for b.Loop() {
		b.StopTimer()
		runtime.GC()
		least += bare(b, app)
		runtime.GC()
		b.StartTimer()
		start := time.Now()
		objs, err := render.App(context.Background(), app, opts)
		if err != nil || len(objs) != 2000 {
			b.Fatalf("App(shop) = %d objects, %v, want 2000", len(objs), err)
		}
		whole += time.Since(start)
	}
	b.ReportMetric(float64(least.Nanoseconds())/float64(b.N), "bare-ns/op")
	b.ReportMetric(float64(whole)/float64(least), "x-bare")
}

// TestEachKeepsNothing renders many services and looks at the heap on the way: what was
// yielded is not kept.
func TestEachKeepsNothing(t *testing.T) {
	app := services(t, 2000)
	heap := func() float64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	before, n := heap(), 0
	for obj, err := range render.Each(t.Context(), app, render.Options{Values: map[string]any{"image_id": "x"}}) {
		if err != nil || obj == nil {
			t.Fatalf("Each(shop) yields %v, %v, want an object", obj, err)
		}
		if n++; n%1000 != 0 {
			continue
		}
		if grown := heap() - before; grown > 4 { // all of them are 20 MiB
			t.Errorf("after %d objects the heap has grown by %.1f MiB, want no more than 4", n, grown)
		}
	}
	if n != 4000 {
		t.Errorf("Each(shop) yields %d objects, want 4000", n)
	}
}

func TestEachStops(t *testing.T) {
	t.Parallel()
	app := load(t, "a/x.yml", configMap("a", "one")+"---\n"+configMap("b", "one"), "b/x.yml", "{{ nothing }}")
	for obj, err := range render.Each(t.Context(), app, render.Options{}) {
		if err != nil || obj.GetName() != "a" {
			t.Errorf("Each(shop) yields %v, %v, want a first", obj, err)
		}
		break
	}
}

// TestEachGoesOn has an error between objects.
func TestEachGoesOn(t *testing.T) {
	t.Parallel()
	app := load(t, "a/x.yml", configMap("a", "one"), "b/x.yml", "{{ nothing }}", "c/x.yml", configMap("a", "one"),
		"d/x.yml", configMap("d", "one"))
	var got []string
	for obj, err := range render.Each(t.Context(), app, render.Options{}) {
		if err != nil {
			got = append(got, err.Error())
			continue
		}
		got = append(got, obj.GetName())
	}
	want := []string{
		"a", `shop/b/x.yml:1:4: "nothing" is not set: set it in a vars.yml, or pass it as a value`,
		"shop/c/x.yml:1:1: ConfigMap a is also in shop/a/x.yml:1: keep one of them", "d",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Each(shop) mismatch (-want +got):\n%s", diff)
	}
}
