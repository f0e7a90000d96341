package api

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/secantdev/secant"
)

// schema is a JSON Schema, as far as ours go.
type schema map[string]any

// describer makes JSON Schemas out of Go types.
type describer struct {
	components schema
	types      map[string]reflect.Type // of the components, by name
}

// describe makes the OpenAPI document out of the route list and the Go types in
// it, so that it cannot tell anything else than what the handlers do.
func (a *API) describe() []byte {
	d := describer{components: schema{}, types: map[string]reflect.Type{}}
	paths := map[string]schema{}
	for _, e := range endpoints {
		path := strings.TrimSuffix(e.Path, "{$}")
		if paths[path] == nil {
			paths[path] = schema{}
		}
		paths[path][strings.ToLower(e.Method)] = d.operation(e, path)
	}
	doc := schema{
		"openapi": "3.1.0",
		"info": schema{
			"title": "Secant management API", "version": a.Version,
			"description": "Where Segment's Public API has a resource, paths and shapes are the same.",
		},
		"servers": []schema{{"url": "/"}},
		"paths":   paths,
		"components": schema{
			"schemas": d.components,
			"securitySchemes": schema{
				"token":   schema{"type": "http", "scheme": "bearer"},
				"session": schema{"type": "apiKey", "in": "cookie", "name": cookieName},
			},
		},
	}
	out, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		panic("api: the OpenAPI document cannot be encoded: " + err.Error()) // a schema that is not JSON
	}
	return out
}

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

func (d *describer) operation(e endpoint, path string) schema {
	op := schema{"summary": e.Summary, "operationId": operationID(e, path), "tags": []string{tagOf(path)}}
	var parameters []schema
	for _, m := range pathParameter.FindAllStringSubmatch(path, -1) {
		parameters = append(parameters, schema{"name": m[1], "in": "path", "required": true, "schema": schema{"type": "string"}})
	}
	for _, name := range e.Query {
		parameters = append(parameters, schema{"name": name, "in": "query", "schema": schema{"type": "string"}})
	}
	if parameters != nil {
		op["parameters"] = parameters
	}
	switch {
	case e.In != nil:
		op["requestBody"] = schema{"content": schema{"application/json": schema{"schema": d.of(e.In)}}}
	case e.Takes != "":
		op["requestBody"] = schema{"content": schema{e.Takes: schema{"schema": schema{"type": "string"}}}}
	}
	content := schema{e.Media: schema{}}
	if e.Media == "" {
		data := schema{"type": "object", "required": []string{"data"}, "properties": schema{"data": d.of(e.Out)}}
		content = schema{"application/json": schema{"schema": data}}
	}
	failed := schema{"type": "object", "required": []string{"errors"}, "properties": schema{
		"errors": schema{"type": "array", "items": d.of(reflect.TypeFor[problem]())}}}
	op["responses"] = schema{
		strconv.Itoa(e.Status): schema{"description": "Success", "content": content},
		"default":              schema{"description": "Failure", "content": schema{"application/json": schema{"schema": failed}}},
	}
	op["security"] = []schema{}
	if e.Role != everyone {
		op["x-secant-role"] = e.Role
		op["security"] = []schema{{"token": []string{}}, {"session": []string{}}}
	}
	return op
}

// operationID is the method and the path in one word: "get_sources_id".
func operationID(e endpoint, path string) string {
	words := strings.FieldsFunc(strings.TrimPrefix(path, "/api/"), func(r rune) bool { return strings.ContainsRune("/{}-.", r) })
	if len(words) == 0 {
		words = []string{"root"}
	}
	return strings.ToLower(e.Method) + "_" + strings.Join(words, "_")
}

// tagOf is the resource that a path is about.
func tagOf(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/api/"), "/")
	if first == "" {
		return "workspace"
	}
	return first
}

// of returns the schema of a type. Structs become components.
func (d *describer) of(t reflect.Type) schema {
	switch t {
	case reflect.TypeFor[Stamp]():
		return schema{"type": []string{"string", "null"}, "format": "date-time"}
	case reflect.TypeFor[time.Time]():
		return schema{"type": "string", "format": "date-time"}
	case reflect.TypeFor[json.RawMessage]():
		return schema{}
	case reflect.TypeFor[secant.Role]():
		return schema{"type": "string", "enum": secant.Roles()}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.of(t.Elem())
	case reflect.Struct:
		name := componentName(t)
		switch d.types[name] {
		case t:
		case nil:
			d.types[name] = t // first, for a type that holds itself
			d.components[name] = d.object(t)
		default:
			panic("api: two types are called " + name + " in the OpenAPI document")
		}
		return schema{"$ref": "#/components/schemas/" + name}
	case reflect.Slice, reflect.Array:
		return schema{"type": "array", "items": d.of(t.Elem())}
	case reflect.Map:
		return schema{"type": "object", "additionalProperties": d.of(t.Elem())}
	case reflect.String:
		return schema{"type": "string"}
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return schema{"type": "number"}
	case reflect.Interface:
		return schema{}
	default: // the remaining kinds that JSON knows are whole numbers
		return schema{"type": "integer"}
	}
}

func (d *describer) object(t reflect.Type) schema {
	properties := schema{}
	var required []string
	for _, f := range reflect.VisibleFields(t) {
		tag, tagged := f.Tag.Lookup("json")
		if !tagged || !f.IsExported() || tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		properties[name] = d.of(f.Type)
		if f.Type.Kind() == reflect.Pointer && options == "" {
			properties[name] = schema{"anyOf": []schema{d.of(f.Type), {"type": "null"}}}
		}
		if !strings.Contains(options, "omit") {
			required = append(required, name)
		}
	}
	o := schema{"type": "object", "properties": properties}
	if required != nil {
		o["required"] = slices.Sorted(slices.Values(required))
	}
	return o
}

// componentName is the type's name, with its package when it is not ours.
func componentName(t reflect.Type) string {
	pkg := t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+1:]
	if pkg == "api" {
		return strings.ToUpper(t.Name()[:1]) + t.Name()[1:]
	}
	return pkg + "." + t.Name()
}
