package main

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// enumMark stands above a type whose constants are all its values.
var enumMark = regexp.MustCompile(`(?m)^\s*\+(k8s:)?enum\s*$`)

// A source is the types of one package.
type source struct {
	prefix  string // of its schemas' names
	enums   map[string][]any
	structs map[string]*ast.StructType
}

// addEnums gives the fields of enumerated types their values.
func (d *document) addEnums(api string) error {
	found := 0
	err := filepath.WalkDir(api, func(file string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Base(file) != "types.go" {
			return err
		}
		s, err := readTypes(api, file)
		if err != nil {
			return err
		}
		found += d.add(s)
		return nil
	})
	if err == nil && found == 0 {
		err = errors.New("no enumerations in " + api)
	}
	return err
}

func readTypes(api, file string) (*source, error) {
	dir, err := filepath.Rel(api, filepath.Dir(file))
	if err != nil {
		return nil, err
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	s := &source{
		prefix:  "io.k8s.api." + strings.ReplaceAll(filepath.ToSlash(dir), "/", ".") + ".",
		enums:   map[string][]any{},
		structs: map[string]*ast.StructType{},
	}
	declarations(parsed, token.TYPE, s.addType)
	var failed error
	declarations(parsed, token.CONST, func(_ *ast.GenDecl, spec ast.Spec) {
		failed = errors.Join(failed, s.addConst(spec.(*ast.ValueSpec)))
	})
	return s, failed
}

func declarations(file *ast.File, kind token.Token, do func(*ast.GenDecl, ast.Spec)) {
	for _, decl := range file.Decls {
		if group, ok := decl.(*ast.GenDecl); ok && group.Tok == kind {
			for _, spec := range group.Specs {
				do(group, spec)
			}
		}
	}
}

func (s *source) addType(group *ast.GenDecl, spec ast.Spec) {
	declared := spec.(*ast.TypeSpec)
	if structure, ok := declared.Type.(*ast.StructType); ok {
		s.structs[declared.Name.Name] = structure
	}
	if enumMark.MatchString(group.Doc.Text()) {
		s.enums[declared.Name.Name] = []any{}
	}
}

func (s *source) addConst(spec *ast.ValueSpec) error {
	for _, value := range spec.Values {
		kind := spec.Type
		if call, ok := value.(*ast.CallExpr); ok && len(call.Args) == 1 { // PathType("Exact")
			kind, value = call.Fun, call.Args[0]
		}
		name, ok := kind.(*ast.Ident)
		if !ok || s.enums[name.Name] == nil {
			continue
		}
		literal, ok := value.(*ast.BasicLit)
		if !ok { // another package's, as v1alpha1 has some of v1
			delete(s.enums, name.Name)
			return nil
		}
		text, err := strconv.Unquote(literal.Value)
		if err != nil {
			return err
		}
		s.enums[name.Name] = append(s.enums[name.Name], text)
	}
	return nil
}

// add sets the values of the fields of s's types, and returns how many there are.
func (d *document) add(s *source) int {
	found := 0
	for _, name := range d.names() {
		structure := s.structs[strings.TrimPrefix(name, s.prefix)]
		if structure == nil {
			continue
		}
		properties, _ := d.Components.Schemas[name]["properties"].(map[string]any)
		for _, field := range structure.Fields.List {
			property, ok := properties[jsonName(field)].(map[string]any)
			if ok && s.addField(property, field.Type) {
				found++
			}
		}
	}
	return found
}

func (s *source) addField(property map[string]any, kind ast.Expr) bool {
	switch k := kind.(type) {
	case *ast.StarExpr:
		return s.addField(property, k.X)
	case *ast.ArrayType:
		items, ok := property["items"].(map[string]any)
		return ok && s.addField(items, k.Elt)
	case *ast.Ident:
		if values := s.enums[k.Name]; len(values) > 0 && property["type"] == "string" {
			property["enum"] = values
			return true
		}
	}
	return false
}

func jsonName(field *ast.Field) string {
	if field.Tag == nil {
		return ""
	}
	tag := reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("json")
	name, _, _ := strings.Cut(tag, ",")
	return name
}
