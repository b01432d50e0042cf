// Package openapi serves the OpenAPI document of a wire language: the text as the language has it, with the address
// under which the client has come here as its server.
package openapi
