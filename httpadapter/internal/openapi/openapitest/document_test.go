package openapitest_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/faulttest"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/openapi/openapitest"
)

// document keeps all laws.
const document = `{
  "openapi": "3.1.0",
  "info": {"title": "Things", "version": "1"},
  "servers": [{"url": "https://idv.example.com"}],
  "security": [{"key": [], "signature": []}, {"legacy": []}],
  "tags": [{"name": "things"}],
  "paths": {
    "/things": {
      "post": {
        "operationId": "makeThing", "tags": ["things"], "summary": "Makes one", "description": "With a name.",
        "requestBody": {"content": {"application/json": {
          "schema": {"$ref": "#/components/schemas/Wish"}, "example": {"name": "a"}
        }}},
        "responses": {
          "201": {
            "description": "Made.",
            "headers": {"X-Left": {"required": true, "schema": {"type": "integer"}}},
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
          },
          "400": {"$ref": "#/components/responses/Failed"}
        }
      }
    },
    "/things/": {
      "options": {
        "operationId": "mayMake", "tags": ["things"], "summary": "May it?", "description": "For pages.", "security": [],
        "responses": {"204": {"description": "It may."}}
      }
    },
    "/things/{id}": {
      "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string", "pattern": "^[a-z ]+$"}}],
      "get": {
        "operationId": "readThing", "tags": ["things"], "summary": "Reads one", "description": "Or its picture.",
        "parameters": [
          {"name": "size", "in": "query", "schema": {"type": "integer"}},
          {"name": "X-Case", "in": "header", "schema": {"enum": ["snake"]}}
        ],
        "responses": {
          "200": {"description": "The picture.", "content": {"image/*": {}, "application/json": {}}},
          "404": {"$ref": "#/components/responses/Failed"}
        }
      }
    },
    "/things/all": {
      "delete": {
        "operationId": "dropThings", "tags": ["things"], "summary": "Drops all", "description": "For good.",
        "responses": {"204": {"description": "Gone."}}
      }
    }
  },
  "webhooks": {
    "made": {
      "post": {
        "operationId": "wasMade", "tags": ["things"], "summary": "It was made", "description": "Tells of it.",
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
        "responses": {"200": {"description": "Thanks."}}
      }
    }
  },
  "components": {
    "securitySchemes": {
      "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
      "signature": {"type": "apiKey", "in": "header", "name": "X-Signature"},
      "legacy": {"type": "apiKey", "in": "header", "name": "X-Legacy"}
    },
    "responses": {
      "Failed": {
        "description": "No.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}}
      }
    },
    "schemas": {
      "Wish": {"type": "object", "required": ["name"], "additionalProperties": true, "properties": {"name": {"type": "string"}}},
      "Thing": {
        "type": "object", "required": ["id"], "additionalProperties": false,
        "properties": {"id": {"type": "string"}, "first_name": {"type": "string"}, "more": {"$ref": "#/components/schemas/More"}}
      },
      "More": {"type": "object", "additionalProperties": true, "properties": {"a": {"type": "string"}}},
      "Failure": {
        "type": "object", "required": ["code"], "additionalProperties": false, "properties": {"code": {"type": "string"}}
      }
    }
  }
}`

type (
	base struct {
		ID string `json:"id"`
	}
	thing struct {
		base
		FirstName string         `json:"first_name,omitempty"`
		More      map[string]any `json:"more,omitempty"`
		Kept      string         `json:"-"`
	}
	failure struct {
		Code string `json:"code"`
	}
)

func lawsOf(t testing.TB, text string) openapitest.Laws {
	t.Helper()
	c, err := openapitest.Read([]byte(text), openapitest.Dialect{})
	if err != nil {
		t.Fatal(err)
	}
	return openapitest.Laws{
		Contract: c, Routes: []string{"POST /things", "OPTIONS /things/", "GET /things/{id}", "DELETE /things/all"},
		Types: map[string]reflect.Type{"Thing": reflect.TypeFor[thing](), "Failure": reflect.TypeFor[failure]()},
		Open:  []string{"More"}, Requests: 1, Examples: 1,
	}
}

func TestLawsAreKept(t *testing.T) {
	t.Parallel()
	lawsOf(t, document).Run(t)
}

// TestLawsAreBroken: each law has its document that breaks it, and says so.
func TestLawsAreBroken(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, old, new string // what is another in the document
		law            func(openapitest.Laws, testing.TB)
		want           string
	}{
		{"another OpenAPI", `"3.1.0"`, `"3.0.3"`, openapitest.Laws.IsOpenAPI, "OpenAPI 3.0.3"},
		{"no title", `"title": "Things", `, ``, openapitest.Laws.IsOpenAPI, "OpenAPI"},
		{"a schema that is none", `{"enum": ["snake"]}`, `{"enum": "snake"}`, openapitest.Laws.IsOpenAPI, "metaschema"},
		{"a component that is none", `"first_name": {"type": "string"}`, `"first_name": {"type": "text"}`, openapitest.Laws.IsOpenAPI, "Thing\" is not valid"},
		{"a schema that is none and not looked at", `{"description": "Thanks."}`,
			`{"description": "Thanks.", "headers": {"X-Y": {"schema": {"type": "number", "multipleOf": 0}}}}`, openapitest.Laws.IsOpenAPI, "X-Y: jsonschema"},
		{"an unused component", `"Wish": {`, `"Unused": {"type": "string"}, "Wish": {`, openapitest.Laws.HoldsTogether, "nothing refers to components/schemas/Unused"},
		{"a reference elsewhere", `"responses": {"200": {"description": "Thanks."}}`, `"x": {"$ref": "https://x.example"}, "responses": {"200": {"description": "Thanks."}}`,
			openapitest.Laws.HoldsTogether, "not one within the document"},
		{"a reference nowhere", `"responses": {"200": {"description": "Thanks."}}`, `"x": {"$ref": "#/components/x"}, "responses": {"200": {"description": "Thanks."}}`,
			openapitest.Laws.HoldsTogether, "leads nowhere"},
		{"no operationId", `"operationId": "wasMade", `, ``, openapitest.Laws.HasOperations, "POST made has no operationId"},
		{"no summary", `"summary": "Makes one", `, ``, openapitest.Laws.HasOperations, "POST /things has no summary"},
		{"no description", `"description": "With a name.",`, ``, openapitest.Laws.HasOperations, "POST /things has no description"},
		{"an operationId twice", `"operationId": "wasMade"`, `"operationId": "makeThing"`, openapitest.Laws.HasOperations, "have the operationId makeThing"},
		{"another tag", `"tags": ["things"], "summary": "Makes`, `"tags": ["others"], "summary": "Makes`, openapitest.Laws.HasOperations, "has the tags [others]"},
		{"two tags", `"tags": ["things"], "summary": "Makes`, `"tags": ["things", "things"], "summary": "Makes`, openapitest.Laws.HasOperations, "has the tags"},
		{"failures alone", `"204": {"description": "Gone."}`, `"404": {"description": "Gone."}`, openapitest.Laws.HasOperations, "no answer that is no failure"},
		{"a path parameter less", `"name": "id", "in": "path"`, `"name": "id", "in": "query"`, openapitest.Laws.HasOperations, "has the path parameters [], want [id]"},
		{"a path parameter that may be missing", `"in": "path", "required": true`, `"in": "path"`, openapitest.Laws.HasOperations, "has the path parameters"},
		{"an answer with anything", `"required": ["code"], "additionalProperties": false`, `"required": ["code"]`, openapitest.Laws.IsExact, "Failure: got additionalProperties <nil>, want false"},
		{"an open schema that is not named", `"More": {"type": "object", "additionalProperties": true, "properties"`,
			`"More": {"type": "object", "additionalProperties": true, "allOf": [{"type": "object", "additionalProperties": true, "properties": {"b": {}}}], "properties"`,
			openapitest.Laws.IsExact, "More/allOf/0: got additionalProperties true"},
		{"a request with no more", `"required": ["name"], "additionalProperties": true`, `"required": ["name"], "additionalProperties": false`,
			openapitest.Laws.IsExact, "Wish: got additionalProperties false, want true"},
		{"a webhook with anything", `"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
        "responses": {"200"`, `"application/json": {"schema": {"type": "object", "properties": {}}}}},
        "responses": {"200"`, openapitest.Laws.IsExact, "webhooks/made"},
		{"fewer requests", `"requestBody": {"content": {"application/json": {
`, `"anotherBody": {"content": {"application/json": {
`, openapitest.Laws.IsExact, "got 0 requests"},
		{"an example that is none", `"example": {"name": "a"}`, `"example": {"name": 1}`, openapitest.Laws.HasExamples, "got number, want string"},
		{"fewer examples", `, "example": {"name": "a"}`, ``, openapitest.Laws.HasExamples, "got 0 examples"},
		{"a path more", `"/things/all"`, `"/things/every"`, openapitest.Laws.HasRoutes, "the document has DELETE /things/every"},
		{"a path less", `"/things/all"`, `"/things/every"`, openapitest.Laws.HasRoutes, "the mux has DELETE /things/all"},
		{"another method", `"delete": {`, `"patch": {`, openapitest.Laws.HasRoutes, "the document has PATCH /things/all"},
		{"a member more", `"properties": {"code"`, `"properties": {"x": {}, "code"`, openapitest.Laws.HasMembers, "the document has the members [code x]"},
		{"a member less", `"first_name": {"type": "string"}, `, ``, openapitest.Laws.HasMembers, "the document has the members [id more]"},
		{"a member that may be missing", `"required": ["id"], `, ``, openapitest.Laws.HasMembers, "the document requires []"},
		{"a member that may not be missing", `["id"]`, `["id", "more"]`, openapitest.Laws.HasMembers, "the document requires [id more]"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if strings.Count(document, row.old) != 1 {
				t.Fatalf("the document has %q %d times, want once", row.old, strings.Count(document, row.old))
			}
			got := faulttest.Of(t, func(t testing.TB) { row.law(lawsOf(t, strings.Replace(document, row.old, row.new, 1)), t) })
			if !strings.Contains(got, row.want) {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}
