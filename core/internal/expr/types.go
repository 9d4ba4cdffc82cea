package expr

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/cordboard/cordboard/sdk/schema"
)

// typeTable tells CEL about the object types in a scope, and of no others: expressions construct no messages. CEL
// finds them by a name that no expression can spell, so that event.customer is never mistaken for a type.
type typeTable struct {
	types.Provider
	scope     map[string]schema.Type
	variables map[string]*types.Type
	objects   map[string]schema.Type
	fields    map[string]map[string]*types.FieldType
}

func newTypeTable(scope Scope, base types.Provider) *typeTable {
	t := &typeTable{
		Provider:  base,
		scope:     map[string]schema.Type{},
		variables: map[string]*types.Type{},
		objects:   map[string]schema.Type{},
		fields:    map[string]map[string]*types.FieldType{},
	}
	for _, f := range scope.Names {
		t.scope[f.Name] = f.Type
		t.variables[f.Name] = t.celType(f.Name, f.Type)
	}
	return t
}

const objectPrefix = "object "

// celType translates a schema; path is where it stands, and names the object types met on the way.
func (t *typeTable) celType(path string, s schema.Type) *types.Type {
	switch s.Kind {
	case schema.String:
		return types.StringType
	case schema.Integer:
		return types.IntType
	case schema.Number:
		return types.DoubleType
	case schema.Boolean:
		return types.BoolType
	case schema.Time:
		return types.TimestampType
	case schema.Duration:
		return types.DurationType
	case schema.List:
		return types.NewListType(t.elemType(path+"[]", s))
	case schema.Map:
		return types.NewMapType(types.StringType, t.elemType(path+"[]", s))
	case schema.Object:
		if s.Open && len(s.Fields) == 0 {
			return types.NewMapType(types.StringType, types.DynType)
		}
		return t.objectType(path, s)
	default:
		return types.DynType
	}
}

// schemaOf translates back.
func (t *typeTable) schemaOf(c *types.Type) schema.Type {
	elem := func(i int) *schema.Type {
		s := t.schemaOf(c.Parameters()[i])
		return &s
	}
	switch {
	case c.IsExactType(types.StringType):
		return schema.Type{Kind: schema.String}
	case c.IsExactType(types.IntType):
		return schema.Type{Kind: schema.Integer}
	case c.IsExactType(types.DoubleType):
		return schema.Type{Kind: schema.Number}
	case c.IsExactType(types.BoolType):
		return schema.Type{Kind: schema.Boolean}
	case c.IsExactType(types.TimestampType):
		return schema.Type{Kind: schema.Time}
	case c.IsExactType(types.DurationType):
		return schema.Type{Kind: schema.Duration}
	case c.Kind() == types.ListKind && len(c.Parameters()) == 1:
		return schema.Type{Kind: schema.List, Elem: elem(0)}
	case c.Kind() == types.MapKind && len(c.Parameters()) == 2:
		return schema.Type{Kind: schema.Map, Elem: elem(1)}
	}
	if s, ok := t.objects[c.TypeName()]; ok {
		return s
	}
	return schema.Type{Kind: schema.Any}
}

func (t *typeTable) elemType(path string, s schema.Type) *types.Type {
	if s.Elem == nil {
		return types.DynType
	}
	return t.celType(path, *s.Elem)
}

func (t *typeTable) objectType(path string, s schema.Type) *types.Type {
	name := objectPrefix + path
	fields := make(map[string]*types.FieldType, len(s.Fields))
	for _, f := range s.Fields {
		fields[f.Name] = &types.FieldType{
			Type:    t.celType(path+"."+f.Name, f.Type),
			IsSet:   func(parent any) bool { m, _ := parent.(map[string]any); return m[f.Name] != nil },
			GetFrom: func(parent any) (any, error) { return readField(parent, f) },
		}
	}
	t.objects[name], t.fields[name] = s, fields
	return types.NewObjectType(name)
}

// readField is how CEL reads a declared field. An absent one is null, and so is any field of null.
func readField(parent any, f schema.Field) (any, error) {
	switch parent := parent.(type) {
	case map[string]any:
		v := toCEL(parent[f.Name], f.Type)
		if bad, ok := v.(*types.Err); ok {
			return nil, fmt.Errorf("%s: %w", f.Name, bad.Unwrap())
		}
		return v, nil
	case structpb.NullValue:
		return types.NullValue, nil
	case error:
		return nil, parent
	default:
		return nil, fmt.Errorf("no field %s: its parent is not an object", f.Name)
	}
}

func (t *typeTable) FindStructType(name string) (*types.Type, bool) {
	if _, ok := t.objects[name]; ok {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return nil, false
}

func (t *typeTable) FindStructFieldNames(name string) ([]string, bool) {
	s, ok := t.objects[name]
	return fieldNames(s), ok
}

func (t *typeTable) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	if f, ok := t.fields[name][field]; ok {
		return f, true
	}
	if t.objects[name].Open {
		return &types.FieldType{Type: types.DynType}, true
	}
	return nil, false
}

func (t *typeTable) NewValue(name string, _ map[string]ref.Val) ref.Val {
	return types.NewErr("%s cannot be constructed", name)
}

func fieldNames(s schema.Type) []string {
	names := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		names[i] = f.Name
	}
	return names
}

// yields reports whether an expression of type got may stand where want is wanted. What only the value can show
// (a dynamic result, the fields of an object) is left to the check of the value.
func yields(got *types.Type, want schema.Type) bool {
	kind := got.Kind()
	if kind == types.DynKind || kind == types.AnyKind || kind == types.NullTypeKind || kind == types.TypeParamKind {
		return true
	}
	switch want.Kind {
	case schema.String:
		return kind == types.StringKind
	case schema.Integer:
		return kind == types.IntKind || kind == types.UintKind
	case schema.Number:
		return kind == types.IntKind || kind == types.UintKind || kind == types.DoubleKind
	case schema.Boolean:
		return kind == types.BoolKind
	case schema.Time:
		return kind == types.TimestampKind || kind == types.StringKind
	case schema.Duration:
		return kind == types.DurationKind || kind == types.StringKind
	case schema.List:
		return kind == types.ListKind && (want.Elem == nil || yields(got.Parameters()[0], *want.Elem))
	case schema.Map, schema.Object:
		return kind == types.MapKind || kind == types.StructKind
	default:
		return kind != types.TypeKind
	}
}

// describe names a CEL type for a person.
func describe(t *types.Type) string {
	switch t.Kind() {
	case types.IntKind, types.UintKind:
		return "an integer"
	case types.DoubleKind:
		return "a number"
	case types.BoolKind:
		return "true or false"
	case types.StringKind:
		return "text"
	case types.TimestampKind:
		return "a time"
	case types.DurationKind:
		return "a duration"
	case types.ListKind:
		return "a list"
	case types.MapKind:
		return "an object"
	case types.StructKind:
		return "the object " + strings.TrimPrefix(t.TypeName(), objectPrefix)
	case types.NullTypeKind:
		return "null"
	case types.TypeKind:
		return "the name of a type"
	default:
		return t.String()
	}
}

// Describe names a schema's kind for a person, such as "text" or "an integer".
func Describe(t schema.Type) string {
	switch t.Kind {
	case schema.String:
		return "text"
	case schema.Integer:
		return "an integer"
	case schema.Number:
		return "a number"
	case schema.Boolean:
		return "true or false"
	case schema.Time:
		return "a time"
	case schema.Duration:
		return "a duration"
	case schema.List:
		return "a list"
	case schema.Map, schema.Object:
		return "an object"
	default:
		return "any value"
	}
}
