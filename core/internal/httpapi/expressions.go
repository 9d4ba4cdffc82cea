package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/publish"
)

func (r *rest) expressions() {
	register(r, operation{method: http.MethodPost, path: "/expressions/preview", id: "preview-expression", summary: "See what an expression yields", tag: "Flows", scope: access.Read, key: noKey,
		description: "It is computed as a run would, with the values that are given and within the same limits. Nothing is stored. What is wrong with it comes as 422 at expression."}, r.previewExpression)
}

type previewExpression struct{ Body api.ExpressionPreview }

func (r *rest) previewExpression(ctx context.Context, in *previewExpression) (*body[api.ExpressionValue], error) {
	b := in.Body
	values := map[string]any{"now": time.Now().UTC()}
	for name, value := range b.Values {
		values[name] = expr.NewLazy(value)
	}
	value, err := r.Publisher.Preview(ctx, publish.Preview{WorkspaceID: workspace(ctx), Source: []byte(b.Source), Step: b.Step, Text: b.Expression, Template: b.Template, Values: values})
	if wrong := (*expr.Error)(nil); errors.As(err, &wrong) {
		return nil, &api.InputError{Path: "expression", Message: wrong.Message, Remedy: wrong.Remedy}
	}
	if wrong := (*expr.EvalError)(nil); errors.As(err, &wrong) {
		return nil, &api.InputError{Path: "expression", Message: wrong.Message}
	}
	return answer(api.ExpressionValue{Value: value}), err
}
