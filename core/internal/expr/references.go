package expr

import (
	"slices"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
)

// looseNulls turns each null into dyn(null), which may be compared with anything: CEL would refuse to compare text
// with null, but vendors send it.
func looseNulls(tree *ast.AST) {
	next := ast.MaxID(tree)
	factory := ast.NewExprFactory()
	ast.PostOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.LiteralKind && e.AsLiteral() == types.NullValue {
			next++
			e.SetKindCase(factory.NewCall(e.ID(), "dyn", factory.NewLiteral(next, types.NullValue)))
		}
	}))
}

// references lists the longest paths that an expression reads from its scope.
func references(tree *ast.AST, table *typeTable) []string {
	var paths []string
	inner := map[int64]bool{} // operands of a longer path
	ast.PreOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		path, root := pathOf(e)
		if _, ok := table.scope[root]; !ok || inner[e.ID()] {
			return
		}
		paths = append(paths, path)
		for ; e.Kind() != ast.IdentKind; e = operandOf(e) {
			inner[operandOf(e).ID()] = true
		}
	}))
	slices.Sort(paths)
	return slices.Compact(paths)
}

// pathOf spells a chain of fields, such as event.customer.phone; both results are empty for anything else. An index
// by a literal name counts as a field.
func pathOf(e ast.Expr) (path, root string) {
	switch e.Kind() {
	case ast.IdentKind:
		return e.AsIdent(), e.AsIdent()
	case ast.SelectKind:
		if path, root = pathOf(e.AsSelect().Operand()); root != "" {
			return path + "." + e.AsSelect().FieldName(), root
		}
	case ast.CallKind:
		if key, ok := literalIndex(e); ok {
			if path, root = pathOf(e.AsCall().Args()[0]); root != "" {
				return path + "." + key, root
			}
		}
	}
	return "", ""
}

func operandOf(e ast.Expr) ast.Expr {
	if e.Kind() == ast.SelectKind {
		return e.AsSelect().Operand()
	}
	return e.AsCall().Args()[0]
}

func literalIndex(e ast.Expr) (string, bool) {
	call := e.AsCall()
	if call.FunctionName() != "_[_]" || call.Args()[1].Kind() != ast.LiteralKind {
		return "", false
	}
	key, ok := call.Args()[1].AsLiteral().(types.String)
	return string(key), ok
}
