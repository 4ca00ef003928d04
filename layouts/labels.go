package layouts

import (
	"encoding/json"
	"strings"
)

// Keys that mark where an object comes from. Every rendered object carries
// both; the label stays on the cluster, the annotation does not.
const (
	// SetLabel holds the object's set, "<app>.<service>" as [Set] makes it.
	// Membership is a label so that a run that was killed forgets nothing.
	SetLabel = "slipway/set"

	// SourceAnnotation holds the template and line that an object was rendered
	// from, as "shop/home/deployment.yml:1". Errors quote it; package apply
	// takes it off before it sends the object.
	SourceAnnotation = "slipway/source"

	// LinesAnnotation holds where the fields of an object stand in its template:
	// a JSON object of paths, as "spec.ports[0].port", to lines and columns, as "7:11",
	// and the values that a field was made of, as "7:11 port=shop/home/vars.yml:3;".
	// It is there only if it was asked for, and goes where SourceAnnotation goes.
	LinesAnnotation = "slipway/lines"
)

// Common is the owner of what belongs to the whole app rather than to a
// service: the directory common/ and everything rendered from it.
const Common = "common"

// Set returns the value of [SetLabel] for a service of app, or for
// [Common]. Names are DNS-1123 labels, so the dot splits it unambiguously.
func Set(app, service string) string { return app + "." + service }

// SourceOf returns the place of a field in the template of an object with those
// annotations: that of [LinesAnnotation], or of what holds the field, and else the object's
// own; "" if the annotations do not say it.
func SourceOf(annotations map[string]string, field string) string {
	source := annotations[SourceAnnotation]
	file, _, _ := strings.Cut(source, ":")
	var places map[string]string
	_ = json.Unmarshal([]byte(annotations[LinesAnnotation]), &places) // else the object's
	for at := field; at != ""; at = at[:max(0, strings.LastIndexAny(at, ".["))] {
		if place, ok := places[at]; ok && file != "" {
			place, _, _ = strings.Cut(place, " ")
			return file + ":" + place
		}
	}
	return source
}
