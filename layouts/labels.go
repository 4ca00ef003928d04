package layouts

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

	// LinesAnnotation holds the object's [Fields], as JSON. It is there only if it was
	// asked for, and goes where SourceAnnotation goes.
	LinesAnnotation = "slipway/lines"
)

// Common is the owner of what belongs to the whole app rather than to a
// service: the directory common/ and everything rendered from it.
const Common = "common"

// Set returns the value of [SetLabel] for a service of app, or for
// [Common]. Names are DNS-1123 labels, so the dot splits it unambiguously.
func Set(app, service string) string { return app + "." + service }
