package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/secantdev/secant"
)

// document is the OpenAPI document as a tree.
type document map[string]any

func (s *server) openapi() document {
	s.t.Helper()
	r := s.send("GET", "/api/openapi.json", "", nil)
	if r.StatusCode != 200 || r.Header.Get("Content-Type") != "application/json" {
		s.t.Fatalf("openapi: %d %s", r.StatusCode, r.Header.Get("Content-Type"))
	}
	var doc document
	if err := json.Unmarshal([]byte(r.text), &doc); err != nil {
		s.t.Fatal(err)
	}
	return doc
}

// at returns what lies under keys, nil when there is nothing.
func (d document) at(keys ...string) map[string]any {
	node := map[string]any(d)
	for _, k := range keys {
		node, _ = node[k].(map[string]any)
	}
	return node
}

func TestOpenAPIHasEveryRoute(t *testing.T) {
	t.Parallel()
	s := start(t)
	doc := s.openapi()
	operations, ids := 0, map[any]bool{}
	for _, methods := range doc.at("paths") {
		operations += len(methods.(map[string]any))
	}
	for _, r := range s.api.Routes() {
		if r.Pattern == "/api/" {
			continue
		}
		operations--
		op := doc.at("paths", strings.TrimSuffix(r.Pattern, "{$}"), strings.ToLower(r.Method))
		if op == nil || op["summary"] == "" || ids[op["operationId"]] {
			t.Errorf("%s %s: %v", r.Method, r.Pattern, op)
			continue
		}
		ids[op["operationId"]] = true
		if role, _ := op["x-secant-role"].(string); secant.Role(role) != r.Role {
			t.Errorf("%s %s: role %q, want %q", r.Method, r.Pattern, role, r.Role)
		}
		for part := range strings.SplitSeq(r.Pattern, "/") {
			name := strings.Trim(part, "{}")
			if name != part && name != "$" && !strings.Contains(fmt.Sprint(op["parameters"]), "name:"+name) {
				t.Errorf("%s %s: parameter %s is missing", r.Method, r.Pattern, name)
			}
		}
	}
	if operations != 0 {
		t.Errorf("%d operations have no route", operations)
	}
}

// What is answered fits the document, in full: no field is missing and none
// is there that it does not describe.
func TestRepliesFitTheDocument(t *testing.T) {
	t.Parallel()
	s := start(t)
	doc := s.openapi()
	s.must("POST", "/api/sources", `{"slug":"shop","metadataId":"http"}`)
	s.must("POST", "/api/destinations", `{"id":"hook","sourceId":"shop","metadataId":"webhook","settings":{"url":"http://127.0.0.1:1","headers":{"A":"b"}}}`)
	s.person(secant.RoleOwner, "ada@example.com")
	blocked := track("shop", "Bad", time.Now())
	blocked.Reason = secant.ReasonDuplicate
	s.collect(1, track("shop", "Good", time.Now()), blocked)
	s.hub.Refused("", "wk_nobody", secant.ReasonUnknownSource, 1)
	if err := s.hub.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	try := func(method, path, pattern, body string) {
		t.Helper()
		r := s.as(secant.RoleOwner, method, path, body)
		responses := doc.at("paths", pattern, strings.ToLower(method), "responses")
		response := responses[fmt.Sprint(r.StatusCode)]
		if response == nil {
			response = responses["default"]
		}
		shape := document(response.(map[string]any)).at("content", "application/json", "schema")
		var value any
		if err := json.Unmarshal([]byte(r.text), &value); err != nil || shape == nil {
			t.Fatalf("%s %s: %v %s", method, path, err, r.text)
		}
		for _, wrong := range doc.misfits(shape, value, "") {
			t.Errorf("%s %s: %s", method, path, wrong)
		}
	}
	for _, path := range []string{"/api/", "/api/setup", "/api/me", "/api/status", "/api/sources", "/api/destinations", "/api/catalog/sources",
		"/api/catalog/destinations", "/api/events", "/api/refused", "/api/counts", "/api/users", "/api/tokens", "/api/audit-events"} {
		try("GET", path, path, "")
	}
	try("GET", "/api/sources/shop", "/api/sources/{id}", "")
	try("GET", "/api/sources/nobody", "/api/sources/{id}", "")
	try("GET", "/api/destinations/hook/dead-letters", "/api/destinations/{id}/dead-letters", "")
	try("POST", "/api/destinations/hook/test", "/api/destinations/{id}/test", "")
	try("PATCH", "/api/destinations/hook", "/api/destinations/{id}", `{"settings":{"url":null,"method":"x"}}`)
	try("POST", "/api/tokens", "/api/tokens", `{"name":"x","role":"viewer"}`)
	try("POST", "/api/users", "/api/users", `{"email":"b@example.com","role":"viewer"}`)
	try("POST", "/api/sources/shop/writekey", "/api/sources/{id}/writekey", "")
	try("DELETE", "/api/sources/shop", "/api/sources/{id}", "")
}

// misfits says where value is not what a schema describes.
func (d document) misfits(schema map[string]any, value any, at string) (wrong []string) {
	if ref, ok := schema["$ref"].(string); ok {
		schema = d.at("components", "schemas", strings.TrimPrefix(ref, "#/components/schemas/"))
		if schema == nil {
			return []string{"no component " + ref}
		}
	}
	if choices, ok := schema["anyOf"].([]any); ok {
		for _, c := range choices {
			if wrong = d.misfits(c.(map[string]any), value, at); wrong == nil {
				return nil
			}
		}
		return wrong
	}
	types, ok := schema["type"].([]any)
	if !ok && schema["type"] != nil {
		types = []any{schema["type"]}
	}
	if types != nil && !slices.ContainsFunc(types, func(want any) bool { return want == typeOf(value) || want == "number" && typeOf(value) == "integer" }) {
		return []string{fmt.Sprintf("%s is %v, want %v", at, value, types)}
	}
	switch v := value.(type) {
	case []any:
		items, _ := schema["items"].(map[string]any)
		for i, item := range v {
			wrong = append(wrong, d.misfits(items, item, fmt.Sprintf("%s[%d]", at, i))...)
		}
	case map[string]any:
		properties, described := schema["properties"].(map[string]any)
		others, open := schema["additionalProperties"].(map[string]any)
		for name, item := range v {
			if p, ok := properties[name].(map[string]any); ok {
				wrong = append(wrong, d.misfits(p, item, at+"."+name)...)
			} else if open {
				wrong = append(wrong, d.misfits(others, item, at+"."+name)...)
			} else if described {
				wrong = append(wrong, at+"."+name+" is not described")
			}
		}
		required, _ := schema["required"].([]any)
		for _, name := range required {
			if _, ok := v[name.(string)]; !ok {
				wrong = append(wrong, fmt.Sprintf("%s.%s is missing", at, name))
			}
		}
	}
	return wrong
}

func typeOf(value any) any {
	switch v := value.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case []any:
		return "array"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
		return "number"
	default:
		return "object"
	}
}
