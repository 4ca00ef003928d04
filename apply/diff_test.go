package apply_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/slipway-go/slipway/apply"
)

func TestChangeDiff(t *testing.T) {
	t.Parallel()
	const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, namespace: ns}\ndata: {a: one}\n"
	const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: m, namespace: ns}\n"
	tests := []struct {
		name          string
		action        apply.Action
		before, after string
		want          string
	}{{
		name: "a value changes", action: apply.Configured,
		before: configMap,
		after:  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, namespace: ns}\ndata: {a: two}\n",
		want: `diff LIVE/v1.ConfigMap.ns.m MERGED/v1.ConfigMap.ns.m
--- LIVE/v1.ConfigMap.ns.m
+++ MERGED/v1.ConfigMap.ns.m
@@ -1,6 +1,6 @@
 apiVersion: v1
 data:
-  a: one
+  a: two
 kind: ConfigMap
 metadata:
   name: m
`,
	}, {
		name: "created", action: apply.Created, after: configMap,
		want: `diff LIVE/v1.ConfigMap.ns.m MERGED/v1.ConfigMap.ns.m
--- LIVE/v1.ConfigMap.ns.m
+++ MERGED/v1.ConfigMap.ns.m
@@ -0,0 +1,7 @@
+apiVersion: v1
+data:
+  a: one
+kind: ConfigMap
+metadata:
+  name: m
+  namespace: ns
`,
	}, {
		name: "pruned", action: apply.Pruned, before: "apiVersion: v1\nkind: ConfigMap\n", after: configMap,
		want: `diff LIVE/v1.ConfigMap.ns.m MERGED/v1.ConfigMap.ns.m
--- LIVE/v1.ConfigMap.ns.m
+++ MERGED/v1.ConfigMap.ns.m
@@ -1,2 +0,0 @@
-apiVersion: v1
-kind: ConfigMap
`,
	}, {
		name: "what the server writes", action: apply.Configured,
		before: configMap + "status: {x: 1}\n",
		after: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, namespace: ns, generation: 2, " +
			"annotations: {kubectl.kubernetes.io/last-applied-configuration: x}}\ndata: {a: one}\n",
	}, {
		name: "a Secret", action: apply.Configured,
		before: secret + "data: {same: aHVudGVyMQ==, other: aHVudGVyMQ==, gone: aHVudGVyMQ==}\n",
		after:  secret + "data: {same: aHVudGVyMQ==, other: aHVudGVyMg==, new: aHVudGVyMg==}\n",
		want: `diff LIVE/v1.Secret.ns.m MERGED/v1.Secret.ns.m
--- LIVE/v1.Secret.ns.m
+++ MERGED/v1.Secret.ns.m
@@ -1,7 +1,7 @@
 apiVersion: v1
 data:
-  gone: '***'
-  other: '*** (before)'
+  new: '***'
+  other: '*** (after)'
   same: '***'
 kind: Secret
 metadata:
`,
	}, {
		name: "a new Secret", action: apply.Created, after: secret + "stringData: {a: hunter1}\n",
		want: `diff LIVE/v1.Secret.ns.m MERGED/v1.Secret.ns.m
--- LIVE/v1.Secret.ns.m
+++ MERGED/v1.Secret.ns.m
@@ -0,0 +1,7 @@
+apiVersion: v1
+kind: Secret
+metadata:
+  name: m
+  namespace: ns
+stringData:
+  a: '***'
`,
	}, {
		name: "unchanged", action: apply.Unchanged, after: configMap,
	}, {
		name: "what was there is not known", action: apply.Configured, after: configMap,
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := apply.Change{Action: tt.action, Before: object(t, tt.before), Live: object(t, tt.after)}
			c.Ref = apply.Ref{APIVersion: "v1", Kind: "ConfigMap", Namespace: "ns", Name: "m"}
			if named := c.Live; named != nil {
				c.Kind = named.GetKind()
			}
			before, after := c.Before.DeepCopy(), c.Live.DeepCopy()
			if diff := cmp.Diff(tt.want, c.Diff()); diff != "" {
				t.Errorf("Diff() mismatch (-want +got):\n%s", diff)
			}
			if !cmp.Equal(before, c.Before) || !cmp.Equal(after, c.Live) {
				t.Error("Diff() changes the objects, want them left alone")
			}
		})
	}
}

// object reads one object; nil of nothing.
func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	if text == "" {
		return nil
	}
	obj := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &obj.Object); err != nil {
		t.Fatal(err)
	}
	return obj
}
