package api

import "encoding/json"

// ExpressionPreview is an expression to be computed.
type ExpressionPreview struct {
	Source     string                     `json:"source" minLength:"1" maxLength:"500000" doc:"The flow's document, YAML or JSON. It says which names there are."`
	Step       string                     `json:"step,omitempty" maxLength:"100" doc:"The id of the step that holds the expression. Left out, it is the flow's own."`
	Expression string                     `json:"expression" minLength:"1" maxLength:"20000"`
	Template   bool                       `json:"template,omitempty" doc:"It is text with {{ expressions }}."`
	Values     map[string]json.RawMessage `json:"values,omitempty" doc:"What to compute it with, by name: event, contact, steps and so on. What is left out is null."`
}

// ExpressionValue is what it yields.
type ExpressionValue struct {
	Value any `json:"value" doc:"A time or a duration comes as text."`
}
