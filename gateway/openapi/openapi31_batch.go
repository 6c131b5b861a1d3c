package openapi

// BatchType is the media type of a batch.
const BatchType = "application/vnd.trunkline.batch+json"

// batchOperation describes POST on the root: several requests in one transaction.
func (in *Input) batchOperation() object {
	text := object{{"type", "string"}}
	headers := object{{"type", "object"}, {"additionalProperties", text}}
	anything := object{{"description", "A JSON value, or a string if the type is not JSON"}}
	request := object{
		{"type", "array"},
		{"minItems", 1},
		{"maxItems", in.Batches},
		{"items", object{
			{"type", "object"},
			{"required", []string{"method", "path"}},
			{"additionalProperties", false},
			{"properties", object{
				{"id", object{{"type", "string"}, {"description", "The name by which later operations can refer to the response"}}},
				{"method", object{{"type", "string"}, {"enum", []string{"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "QUERY"}}}},
				{"path", object{{"type", "string"}, {"description", "The path with its query string"}}},
				{"headers", headers},
				{"body", anything},
			}},
		}},
	}
	answer := object{
		{"type", "array"},
		{"items", object{
			{"type", "object"},
			{"required", []string{"status", "headers", "body"}},
			{"properties", object{
				{"id", text},
				{"status", object{{"type", "integer"}}},
				{"headers", object{{"type", "object"}, {"additionalProperties", object{
					{"anyOf", []object{text, {{"type", "array"}, {"items", text}, {"description", "Several Set-Cookie"}}}},
				}}}},
				{"body", anything},
				{"encoding", object{{"const", "base64"}}},
			}},
		}},
	}
	return object{
		{"tags", []string{introspection}},
		{"summary", "Execute several requests in one transaction"},
		{"operationId", "batch"},
		{"parameters", in.batchParameters()},
		{"requestBody", object{{"required", true}, {"content", object{{BatchType, object{{"schema", request}}}}}}},
		{"responses", object{
			{"200", object{
				{"description", "The responses, in the order of the operations"},
				{"content", object{{"application/json", object{{"schema", answer}}}}},
			}},
			{"4XX", responseRef("error")},
			{"default", responseRef("error")},
		}},
	}
}
