// Package schema validates objects without a cluster: what the API server would refuse,
// and what it would take although it cannot work, told at the template's line.
//
// [Validate] reports all problems at once: fields that do not exist, with the name that
// was meant or the place where they belong; values of a wrong type; required fields that
// are missing; what is none of an enumeration's values; quantities, names, labels,
// numbers and names of ports; items of a list that are there twice; selectors that do
// not match the labels of the template; volumes, ports and probes that lead nowhere;
// references to images that no runtime could parse.
//
// # Schemas
//
// Those of Kubernetes 1.37 are part of the package: 23 KB, from the OpenAPI documents
// of its sources, read when they are first needed. The documents that a server
// publishes may take their place; see [Options]. The kinds of a CustomResourceDefinition
// among the objects are validated by its schema: anyOf, oneOf, not and the rules in CEL
// aside, which are the server's.
//
// A kind that no schema describes is a warning, an error with Options.Strict. A group of
// Kubernetes' own in which there is no such kind or version is an error always.
//
// # Places
//
// Objects that package render made with its option Lines say where each of their fields
// stands. A field that is missing is reported at the line of the nearest that holds it,
// or of the patch that takes it away.
//
// # Secrets
//
// Nothing of a Secret's data is ever part of a message, nor are other values, but for
// those that are no secrets anywhere: names, labels, ports, quantities, images and the
// values of enumerations.
package schema
