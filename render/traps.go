package render

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

// Fields of Kubernetes' own kinds that hold strings: single ones, lists of them and
// maps of them, by their last names. Package render/schema knows all; these are where
// YAML's traps catch people.
var (
	stringFields = strings.Fields("image imagePullPolicy name namespace serviceAccountName hostname " +
		"mountPath subPath secretName storageClassName schedule key host path")
	stringLists = strings.Fields("args command values")
	stringMaps  = strings.Fields("labels annotations matchLabels nodeSelector")
	valued      = strings.Fields("env tolerations") // lists of maps whose field value is a string
)

// own matches the API groups that are Kubernetes' own.
var own = regexp.MustCompile(`^(v1|(apps|autoscaling|batch|policy|(\w+\.)+k8s\.io)/\w+)$`)

// A tour visits the scalars of an object that hold text.
type tour struct {
	document
	kind      string
	own       bool // the kind is Kubernetes' own
	leftovers []string
	errs      collector
}

// checkTexts returns what is wrong with the texts of an object: what YAML reads as
// something else than a string, and what is left of a template.
func (d document) checkTexts(object *goyaml.Node, apiVersion, kind string) error {
	t := &tour{document: d, kind: kind, own: own.MatchString(apiVersion), leftovers: d.leftovers}
	t.visit(object, nil)
	return t.errs.err()
}

func (t *tour) visit(n *goyaml.Node, path []string) {
	switch n.Kind {
	case goyaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			t.visit(n.Content[i+1], append(path, n.Content[i].Value))
		}
	case goyaml.SequenceNode:
		for i, item := range n.Content {
			t.visit(item, append(path, fmt.Sprintf("[%d]", i)))
		}
	case goyaml.ScalarNode:
		if t.wantsString(path) {
			t.checkString(n, path)
		}
		if t.own && !t.anyText(path) {
			t.checkLeftover(n, path)
		}
	}
}

func (t *tour) fail(n *goyaml.Node, path []string, err error) {
	if t.errs.full() {
		return
	}
	field := strings.ReplaceAll(strings.Join(path, "."), ".[", "[")
	t.errs.add(t.about(n, fmt.Errorf("%s%w", field, err)))
}

// wantsString reports whether the field at path holds a string.
func (t *tour) wantsString(path []string) bool {
	last, above := at(path, 1), at(path, 2)
	if at(path, 3) == "metadata" && (above == "labels" || above == "annotations") {
		return true
	}
	switch {
	case !t.own || len(path) < 2:
		return false
	case len(path) == 2 && (above == "data" || above == "stringData"):
		return t.kind == "ConfigMap" || t.kind == "Secret"
	case t.kind == "Service" && above == "selector":
		return true
	case strings.HasPrefix(last, "["):
		return slices.Contains(stringLists, above)
	case last == "value" && strings.HasPrefix(above, "["):
		return slices.Contains(valued, at(path, 3))
	}
	return slices.Contains(stringMaps, above) || slices.Contains(stringFields, last) && path[0] != "metadata"
}

// anyText reports whether the field at path holds what programs may read, templates of
// theirs among it.
func (t *tour) anyText(path []string) bool {
	switch path[0] {
	case "data", "stringData", "binaryData":
		return t.kind == "ConfigMap" || t.kind == "Secret"
	}
	return at(path, 2) == "annotations"
}

// at returns the n-th name of path from its end, or "".
func at(path []string, n int) string {
	if n > len(path) {
		return ""
	}
	return path[len(path)-n]
}

// sexagesimal matches what YAML 1.1 takes for a number of minutes or hours.
var sexagesimal = regexp.MustCompile(`^[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$`)

func (t *tour) checkString(n *goyaml.Node, path []string) {
	value, err := scalar(n)
	if err != nil || value == nil {
		return // the one is told, the other is allowed, as if it were not there
	}
	switch text, isString := value.(string); {
	case !isString:
		t.fail(n, path, trap(n, value, t.kind == "Secret"))
	case t.kind == "Secret" && path[0] == "data" && !isBase64(text):
		t.fail(n, path, errors.New(" is not base64: print it with b64enc, or put it under stringData"))
	case n.Style&(quoted|goyaml.TaggedStyle) == 0 && sexagesimal.MatchString(n.Value):
		t.fail(n, path, errors.New(": YAML 1.1 takes a text such as 1:30 for a number: "+
			"put it between quotes"))
	}
}

func isBase64(text string) bool {
	_, err := base64.StdEncoding.DecodeString(text)
	return err == nil
}

// trap tells numbers never, since they may be secrets.
func trap(n *goyaml.Node, value any, secret bool) error {
	if is, ok := value.(bool); ok && !secret && n.Value != strconv.FormatBool(is) {
		return fmt.Errorf(": YAML reads %s as %t, and a string is wanted: put it between quotes",
			n.Value, value)
	}
	return notString("", value)
}

var (
	leftover = regexp.MustCompile(`\{\{.*?\}\}`)
	// bareName matches what another program's template would not have: a name of
	// Ansible's, with filters.
	bareName = regexp.MustCompile(`^\{\{-?\s*[A-Za-z_][\w.\[\]'"]*\s*(\|.*)?\}\}$`)
	freeText = strings.Fields("args command env")
	// closing matches what looks like a name in templates of Go.
	closing = regexp.MustCompile(`^\{\{-?\s*(end|else|break|continue)\b`)
)

// checkLeftover reports what looks like a template that nobody rendered. That the
// template itself writes braces is meant.
func (t *tour) checkLeftover(n *goyaml.Node, path []string) {
	switch {
	case strings.Contains(n.Value, "<no value>"):
		t.fail(n, path, errors.New(": <no value> is left over: a value is not set"))
	case strings.Contains(n.Value, "}}") && !strings.Contains(n.Value, "{{"):
		t.fail(n, path, errors.New(": }} is left over: take it out"))
	}
	free := slices.ContainsFunc(path, func(name string) bool { return slices.Contains(freeText, name) })
	for _, text := range leftover.FindAllString(n.Value, -1) {
		foreign := free && (!bareName.MatchString(text) || closing.MatchString(text))
		if slices.Contains(t.leftovers, text) && !foreign {
			t.fail(n, path, errors.New(": {{ }} is left over: a value holds it, "+
				"and values are not templates"))
			return
		}
	}
}
