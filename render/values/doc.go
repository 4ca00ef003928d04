// Package values reads the values that a caller gives, on a command line or in files,
// and checks all values against the app's schemas.
//
// [Parse] takes what the flags of Helm and of ansible-playbook take:
//
//	--values prod.yml                      a file of values
//	-e "image_id=repo/home:21 debug=yes"   pairs; a map in braces, JSON or YAML; @file
//	--set resources.cpu=2,hosts[0]=a.com   texts
//	--set-file cert=cert.pem               the text of a file
//	--set-json 'ports=[80,443]'            JSON
//
// and says where each value was set, for the errors of package render. What is set as
// text stays text: a tag 12e45 is not a number, and so -e debug=false is true in a
// condition, as it is with ansible-playbook.
//
// # Schemas
//
// common/vars.schema.json is a JSON Schema for the values of every service,
// <service>/vars.schema.json for those of one. [Check] reports what does not fit: the
// value's path, where it was set and what the schema wants, never the value.
package values
