package jinja

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

func dataFilters() map[string]builtin {
	return map[string]builtin{
		"b64encode": b64encode, "b64decode": b64decode, "hash": hashFilter, "md5": hashOf("md5"),
		"sha1": hashOf("sha1"), "checksum": hashOf("sha1"), "to_json": toJSON, "tojson": htmlJSON,
		"to_nice_json": toNiceJSON, "from_json": fromJSON, "to_yaml": toYAML,
		"to_nice_yaml": toNiceYAML, "from_yaml": fromYAML, "from_yaml_all": fromYAMLAll,
		"pprint": func(r *run, v any, _ *args) any { return r.repr(v) }, "to_uuid": uuidFilter,
	}
}

func b64encode(r *run, v any, a *args) any {
	a.str("encoding", "utf-8")
	return r.made1(base64.StdEncoding.EncodeToString([]byte(r.str(v))))
}

func b64decode(r *run, v any, a *args) any {
	a.str("encoding", "utf-8")
	data, err := base64.StdEncoding.DecodeString(base64Only(r.str(v)))
	if err != nil {
		return r.failf("b64decode: %w", err)
	}
	return r.made1(string(data)) // bytes that are no text stay what they are
}

// base64Only returns what Python decodes of a text: up to the padding, and without what is
// not of the alphabet.
func base64Only(s string) string {
	var b strings.Builder
	padding := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '=' && b.Len()%4 >= 2:
			if padding++; (b.Len()+padding)%4 == 0 {
				b.WriteString(strings.Repeat("=", padding))
				return b.String()
			}
		case c == '+' || c == '/' || isAlphanumeric(c):
			b.WriteByte(c)
			padding = 0
		}
	}
	return b.String()
}

// isAlphanumeric reports whether c is a letter or a digit of ASCII.
func isAlphanumeric(c byte) bool {
	return c < utf8.RuneSelf && (unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c)))
}

var hashes = map[string]func() hash.Hash{
	"md5": md5.New, "sha1": sha1.New, "sha224": sha256.New224, "sha256": sha256.New,
	"sha384": sha512.New384, "sha512": sha512.New,
}

func hashFilter(r *run, v any, a *args) any {
	return hashOf(a.str("hashtype", "sha1"))(r, v, a)
}

func hashOf(name string) builtin {
	return func(r *run, v any, _ *args) any {
		make, ok := hashes[name]
		if !ok {
			return r.failf("hash: unknown algorithm %q%s", name, hint(name, hashes))
		}
		h := make()
		h.Write([]byte(r.str(v)))
		return hex.EncodeToString(h.Sum(nil))
	}
}

// ansibleNamespace is what to_uuid makes its names from.
const ansibleNamespace = "361e6d51faec444a9079341386da8e2e"

func uuidFilter(r *run, v any, a *args) any {
	space, err := hex.DecodeString(strings.ReplaceAll(a.str("namespace", ansibleNamespace), "-", ""))
	if err != nil || len(space) != 16 {
		return r.failf("to_uuid: the namespace is no UUID")
	}
	sum := sha1.Sum(append(space, r.str(v)...))
	sum[6], sum[8] = sum[6]&0x0f|0x50, sum[8]&0x3f|0x80
	s := hex.EncodeToString(sum[:16])
	return strings.Join([]string{s[:8], s[8:12], s[12:16], s[16:20], s[20:]}, "-")
}

func pathFilters() map[string]builtin {
	return map[string]builtin{
		"basename": ofString(onText(func(s string) string { return s[strings.LastIndexByte(s, '/')+1:] })),
		"dirname":  ofString(onText(dirname)), "splitext": ofString(splitext), "path_join": pathJoin,
		"relpath": ofString(relpath), "urlsplit": ofString(urlsplit),
	}
}

func dirname(s string) string {
	head := s[:strings.LastIndexByte(s, '/')+1]
	if trimmed := strings.TrimRight(head, "/"); trimmed != "" {
		return trimmed
	}
	return head
}

func splitext(r *run, v any, _ *args) any {
	s := r.str(v)
	start := strings.LastIndexByte(s, '/') + 1
	name := strings.TrimLeft(s[start:], ".")
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return tuple{s, ""}
	}
	i += len(s) - len(name)
	return tuple{s[:i], s[i:]}
}

func pathJoin(r *run, v any, _ *args) any {
	if s, ok := v.(string); ok {
		return s
	}
	items, ok := sequence(v)
	if _, isView := v.(*view); !ok || isView || len(items) == 0 {
		return r.failf("path_join: want a string or a list of strings, have %s", typeName(v))
	}
	out := ""
	for _, item := range items {
		s, ok := item.(string)
		if !ok {
			return r.failf("path_join: want strings, have %s", typeName(item))
		}
		switch {
		case strings.HasPrefix(s, "/") || out == "":
			out = s
		case strings.HasSuffix(out, "/"):
			out += s
		default:
			out += "/" + s
		}
		if !r.charge(len(out)) {
			return nil
		}
	}
	return out
}

func relpath(r *run, v any, a *args) any {
	start := a.str("start", ".")
	if path.IsAbs(start) != path.IsAbs(r.str(v)) || r.str(v) == "" {
		return r.failf("relpath: both paths must be absolute, or none: a template knows no working directory")
	}
	from := strings.Split(strings.Trim(path.Clean("/"+start), "/"), "/")
	to := strings.Split(strings.Trim(path.Clean("/"+r.str(v)), "/"), "/")
	for len(from) > 0 && len(to) > 0 && from[0] == to[0] {
		from, to = from[1:], to[1:]
	}
	if len(from) == 1 && from[0] == "" {
		from = nil
	}
	out := strings.Repeat("../", len(from)) + strings.Join(to, "/")
	if out == "" {
		return "."
	}
	return strings.TrimSuffix(out, "/")
}

func urlsplit(r *run, v any, a *args) any {
	u := splitURL(r.str(v))
	part := a.str("query", "")
	if part == "" {
		return u
	}
	value, ok := u.get(part)
	if !ok {
		return r.failf("urlsplit: unknown URL component %q", part)
	}
	return value
}

// splitURL returns the parts of a URL as Ansible names them.
func splitURL(s string) *dict {
	rest, fragment, _ := strings.Cut(s, "#")
	rest, query, _ := strings.Cut(rest, "?")
	scheme, netloc := "", ""
	if before, after, ok := strings.Cut(rest, ":"); ok && before != "" &&
		!strings.ContainsAny(before, "/@[]") {
		scheme, rest = strings.ToLower(before), after
	}
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		i := strings.IndexByte(after+"/", '/')
		netloc, rest = after[:i], after[i:]
	}
	host, port, user, password := netloc, any(nil), any(nil), any(nil)
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		name, pass, ok := strings.Cut(host[:i], ":")
		if user, host = name, host[i+1:]; ok {
			password = pass
		}
	}
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		if n, ok := numeral(host[i+1:]).(int64); ok {
			port = n
		}
		host = host[:i]
	}
	var name any
	if host != "" {
		name = strings.ToLower(strings.Trim(host, "[]"))
	}
	return dictOf("fragment", fragment, "hostname", name, "netloc", netloc, "password", password,
		"path", rest, "port", port, "query", query, "scheme", scheme, "username", user)
}
