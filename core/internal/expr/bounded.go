package expr

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/functions"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// MaxText is the longest text, in bytes, that one call of replace, join or format may build.
const MaxText = 1 << 20

// growing names the functions whose result can be far larger than their arguments, with how large it will be. CEL
// charges for a call once it is done, which is too late when one call can fill the memory.
var growing = map[string]func(args []ref.Val) int{
	"replace": func(args []ref.Val) int {
		text, old, replacement := size(args[0]), args[1], size(args[2])
		return text + occurrences(args[0], old)*replacement
	},
	"join": func(args []ref.Val) int {
		separator := 0
		if len(args) == 2 {
			separator = size(args[1])
		}
		l, ok := args[0].(traits.Lister)
		if !ok {
			return 0
		}
		n, _ := l.Size().(types.Int)
		return size(l) + int(n)*separator
	},
	"format": func(args []ref.Val) int { return size(args[0]) + size(args[1]) },
}

// boundGrowing redefines the growing functions of env so that they refuse a result over MaxText.
func boundGrowing(env *cel.Env) ([]cel.EnvOption, error) {
	var options []cel.EnvOption
	for name, grown := range growing {
		function := env.Functions()[name]
		bindings, err := function.Bindings()
		if err != nil {
			return nil, fmt.Errorf("bound %s: %w", name, err)
		}
		byID := map[string]*functions.Overload{}
		for _, b := range bindings {
			byID[b.Operator] = b
		}
		var overloads []cel.FunctionOpt
		for _, o := range function.OverloadDecls() {
			original := byID[o.ID()]
			bounded := func(args ...ref.Val) ref.Val {
				if grown(args) > MaxText {
					return types.NewErr("%s would build a text of more than %d bytes", name, MaxText)
				}
				return call(original, args)
			}
			overloads = append(overloads, cel.MemberOverload(o.ID(), o.ArgTypes(), o.ResultType(), bind(len(o.ArgTypes()), bounded)))
		}
		options = append(options, cel.Function(name, overloads...))
	}
	return options, nil
}

func bind(arity int, f functions.FunctionOp) cel.OverloadOpt {
	switch arity {
	case 1:
		return cel.UnaryBinding(func(a ref.Val) ref.Val { return f(a) })
	case 2:
		return cel.BinaryBinding(func(a, b ref.Val) ref.Val { return f(a, b) })
	default:
		return cel.FunctionBinding(f)
	}
}

func call(o *functions.Overload, args []ref.Val) ref.Val {
	switch {
	case o.Unary != nil && len(args) == 1:
		return o.Unary(args[0])
	case o.Binary != nil && len(args) == 2:
		return o.Binary(args[0], args[1])
	default:
		return o.Function(args...)
	}
}

// size is how many bytes of text a value holds. It stops counting over MaxText.
func size(v ref.Val) int {
	switch v := v.(type) {
	case types.String:
		return len(v)
	case traits.Mapper:
		n := 0
		for it := v.Iterator(); it.HasNext() == types.True && n <= MaxText; {
			key := it.Next()
			n += size(key) + size(v.Get(key))
		}
		return n
	case traits.Lister:
		n := 0
		for it := v.Iterator(); it.HasNext() == types.True && n <= MaxText; {
			n += size(it.Next())
		}
		return n
	default:
		return 8
	}
}

func occurrences(text, old ref.Val) int {
	t, _ := text.(types.String)
	o, _ := old.(types.String)
	if o == "" {
		return utf8.RuneCountInString(string(t)) + 1
	}
	return strings.Count(string(t), string(o))
}
