package schema

import (
	"regexp"
	"strings"
)

// The grammar of references to images is that of github.com/distribution/reference,
// reference.go and regexp.go, which container runtimes use. It is not a dependency, since
// this is all of it that is needed.
const (
	imageHost = `(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])` +
		`(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?`
	imagePart   = `[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*`
	imagePath   = imagePart + `(?:/` + imagePart + `)*`
	imageTag    = `[\w][\w.-]{0,127}`
	imageDigest = `[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[[:xdigit:]]{32,}`
)

var (
	imagePattern = regexp.MustCompile(
		`^(?:(` + imageHost + `)/)?(` + imagePath + `)(?::(` + imageTag + `))?(?:@(` + imageDigest + `))?$`)
	imageTagPattern    = regexp.MustCompile(`^` + imageTag + `$`)
	imageDigestPattern = regexp.MustCompile(`^` + imageDigest + `$`)
)

// maxImagePath bounds the name of a repository, in bytes.
const maxImagePath = 255

// checkImage checks a reference to an image.
func checkImage(p place, image string) {
	parts := imagePattern.FindStringSubmatch(image)
	if parts == nil {
		p.fail("%s is not a reference to an image: %s", p.quoted(), whyNoImage(image))
		return
	}
	if path := parts[2]; len(path) > maxImagePath {
		p.fail("the repository's name has %d characters, want at most %d", len(path), maxImagePath)
	}
	switch tag, digest := parts[3], parts[4]; {
	case digest != "":
		if algorithm, hex, _ := strings.Cut(digest, ":"); algorithm == "sha256" && len(hex) != 64 {
			p.fail("%s is not a reference to an image: a sha256 digest has 64 digits, this one %d",
				p.quoted(), len(hex))
		}
	case tag == "":
		p.warn("%s has no tag, so it is whatever latest is at the time: name one, or a digest", p.quoted())
	case tag == "latest":
		p.warn("%s is another image every time: name a version, or a digest", p.quoted())
	}
}

// whyNoImage returns what is wrong with image.
func whyNoImage(image string) string {
	name, digest, hasDigest := strings.Cut(image, "@")
	tag, hasTag := "", false
	if slash := strings.LastIndexByte(name, '/'); strings.LastIndexByte(name, ':') > slash {
		colon := strings.LastIndexByte(name, ':')
		name, tag, hasTag = name[:colon], name[colon+1:], true
	}
	switch {
	case image == "":
		return "it is empty"
	case strings.TrimSpace(image) != image:
		return "there are blanks around it"
	case strings.ContainsAny(image, " \t\n\r"):
		return "there are blanks in it"
	case strings.Contains(image, "://"):
		return "take the scheme off"
	case hasDigest && !imageDigestPattern.MatchString(digest):
		return "the digest is not as sha256:…"
	case hasTag && tag == "":
		return "the tag is empty"
	case hasTag && !imageTagPattern.MatchString(tag):
		return "the tag has letters, digits, _, . and - only, and at most 128 of them"
	case name != strings.ToLower(name):
		return "the repository's name has capital letters"
	}
	return "want registry.example.com/name:tag, in lower case letters, digits, and . _ - between them"
}
