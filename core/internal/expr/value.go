package expr

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strconv"
	"sync"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"

	"github.com/cordboard/cordboard/sdk/schema"
)

// Decode reads one JSON value with its numbers preserved (json.Number), for use in Vars. Callers that evaluate many
// expressions over the same value decode it once.
func Decode(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("decode JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("decode JSON: more than one value")
	}
	return v, nil
}

// Lazy is raw JSON that is decoded when an expression first reads it, and then only once however many expressions
// share it. It is safe for concurrent use.
type Lazy struct {
	raw    json.RawMessage
	decode func() (any, error)
}

// NewLazy wraps raw JSON for use in Vars; empty stands for null.
func NewLazy(raw json.RawMessage) *Lazy {
	return &Lazy{raw: raw, decode: sync.OnceValues(func() (any, error) {
		if len(raw) == 0 {
			return nil, nil
		}
		return Decode(raw)
	})}
}

// MarshalJSON returns the JSON as it came.
func (l *Lazy) MarshalJSON() ([]byte, error) {
	if len(l.raw) == 0 {
		return []byte("null"), nil
	}
	return l.raw, nil
}

// activation gives CEL the value of a name, converted when first read and once per evaluation.
type activation struct {
	types *typeTable
	vars  Vars
	read  map[string]ref.Val
}

func (t *typeTable) activate(vars Vars) *activation {
	return &activation{types: t, vars: vars, read: make(map[string]ref.Val, 2)}
}

func (a *activation) ResolveName(name string) (any, bool) {
	if v, ok := a.read[name]; ok {
		return v, true
	}
	t, ok := a.types.scope[name]
	if !ok {
		return nil, false
	}
	v := toCEL(a.vars[name], t)
	a.read[name] = v
	return v, true
}

func (a *activation) Parent() interpreter.Activation { return nil }

// typed converts values of one schema type; lists and maps use it on their elements as they are reached.
type typed struct{ schema.Type }

func (t typed) NativeToValue(v any) ref.Val { return toCEL(v, t.Type) }

var anything = schema.Type{Kind: schema.Any}

// toCEL reads a Go or JSON value as its schema says. A value that contradicts its schema keeps its own type: the
// vendor is wrong, and the expression may still work.
func toCEL(v any, t schema.Type) ref.Val {
	switch v := v.(type) {
	case nil:
		return types.NullValue
	case ref.Val:
		return v
	case json.RawMessage:
		return lazyToCEL(NewLazy(v), t)
	case *Lazy:
		return lazyToCEL(v, t)
	case bool:
		return types.Bool(v)
	case string:
		return stringToCEL(v, t)
	case json.Number:
		return numberToCEL(v, t)
	case int:
		return numberToCEL(json.Number(strconv.Itoa(v)), t)
	case int64:
		return numberToCEL(json.Number(strconv.FormatInt(v, 10)), t)
	case float64:
		if t.Kind == schema.Integer && v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return types.Int(v)
		}
		return types.Double(v)
	case time.Time:
		return types.Timestamp{Time: v}
	case time.Duration:
		return types.Duration{Duration: v}
	case map[string]any:
		return objectToCEL(v, t)
	case map[string]json.RawMessage:
		m := make(map[string]any, len(v))
		for k, raw := range v {
			m[k] = raw
		}
		return objectToCEL(m, t)
	case []any:
		return types.NewDynamicList(typed{elem(t)}, v)
	default:
		raw, err := json.Marshal(v)
		if err != nil {
			return types.WrapErr(err)
		}
		return lazyToCEL(NewLazy(raw), t)
	}
}

func lazyToCEL(l *Lazy, t schema.Type) ref.Val {
	v, err := l.decode()
	if err != nil {
		return types.WrapErr(err)
	}
	return toCEL(v, t)
}

func stringToCEL(s string, t schema.Type) ref.Val {
	switch t.Kind {
	case schema.Time:
		at, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			return types.NewErr("%q is not a time such as 2024-01-31T09:00:00Z", s)
		}
		return types.Timestamp{Time: at}
	case schema.Duration:
		d, err := ParseDuration(s)
		if err != nil {
			return types.WrapErr(err)
		}
		return types.Duration{Duration: d}
	default:
		return types.String(s)
	}
}

func numberToCEL(n json.Number, t schema.Type) ref.Val {
	if t.Kind != schema.Number {
		if i, err := strconv.ParseInt(n.String(), 10, 64); err == nil {
			return types.Int(i)
		}
		if u, err := strconv.ParseUint(n.String(), 10, 64); err == nil {
			return types.Uint(u)
		}
	}
	f, err := n.Float64()
	if err != nil {
		return types.NewErr("%s is not a number", n)
	}
	if t.Kind == schema.Integer && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return types.Int(f)
	}
	return types.Double(f)
}

func objectToCEL(m map[string]any, t schema.Type) ref.Val {
	if t.Kind == schema.Object && len(t.Fields) > 0 {
		return &object{schema: t, members: m}
	}
	return types.NewStringInterfaceMap(typed{elem(t)}, m)
}

func elem(t schema.Type) schema.Type {
	if t.Elem == nil {
		return anything
	}
	return *t.Elem
}

// object is a JSON object with declared fields, converted field by field as they are read.
type object struct {
	schema  schema.Type
	members map[string]any
}

var (
	_          traits.Indexer     = (*object)(nil)
	_          traits.FieldTester = (*object)(nil)
	objectType                    = types.NewObjectType(objectPrefix)
)

// Get reads a field whose name CEL learns only now, or one that an open type does not declare.
func (o *object) Get(key ref.Val) ref.Val {
	name, ok := key.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(key)
	}
	if field, declared := o.schema.Field(string(name)); declared {
		return toCEL(o.members[field.Name], field.Type)
	}
	value, present := o.members[string(name)]
	if !present {
		return types.NewErr("no such field: %s", name)
	}
	return toCEL(value, anything)
}

// IsSet answers has(): null is as good as absent.
func (o *object) IsSet(key ref.Val) ref.Val {
	name, ok := key.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(key)
	}
	return types.Bool(o.members[string(name)] != nil)
}

func (o *object) Equal(other ref.Val) ref.Val {
	p, ok := other.(*object)
	return types.Bool(ok && reflect.DeepEqual(o.members, p.members))
}

func (o *object) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("an object does not convert to %v", t)
}

func (o *object) ConvertToType(t ref.Type) ref.Val {
	return types.NewErr("an object does not convert to %s", t.TypeName())
}

func (o *object) Type() ref.Type { return objectType }
func (o *object) Value() any     { return o.members }

// jsonWriter turns a result into what encoding/json takes, as long as it is not too much: a loop can name the same
// large value many times.
type jsonWriter struct {
	left int // bytes
}

func (w *jsonWriter) spend(n int) error {
	if w.left -= n; w.left < 0 {
		return fmt.Errorf("the result has more than %d bytes", MaxResult)
	}
	return nil
}

func (w *jsonWriter) write(v ref.Val) (any, error) {
	if err := w.spend(8); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case types.Null:
		return nil, nil
	case types.Bool:
		return bool(v), nil
	case types.Int:
		return int64(v), nil
	case types.Uint:
		return uint64(v), nil
	case types.Double:
		if f := float64(v); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f, nil
		}
		return nil, errors.New("the result is not a finite number")
	case types.String:
		return string(v), w.spend(len(v))
	case types.Bytes:
		return base64.StdEncoding.EncodeToString(v), w.spend(2 * len(v))
	case types.Timestamp:
		return v.Time.Format(time.RFC3339Nano), nil
	case types.Duration:
		return FormatDuration(v.Duration), nil
	case *object:
		return v.members, w.measure(v.members)
	case *types.Optional:
		if !v.HasValue() {
			return nil, nil
		}
		return w.write(v.GetValue())
	case traits.Mapper:
		return w.writeMap(v)
	case traits.Lister:
		return w.writeList(v)
	default:
		return nil, fmt.Errorf("a result of type %s has no JSON form", v.Type().TypeName())
	}
}

func (w *jsonWriter) writeMap(m traits.Mapper) (any, error) {
	out := make(map[string]any)
	for it := m.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		name, ok := key.(types.String)
		if !ok {
			return nil, errors.New("the keys of an object must be text")
		}
		value, err := w.write(m.Get(key))
		if err != nil {
			return nil, err
		}
		out[string(name)] = value
	}
	return out, nil
}

func (w *jsonWriter) writeList(l traits.Lister) (any, error) {
	out := []any{}
	for it := l.Iterator(); it.HasNext() == types.True; {
		value, err := w.write(it.Next())
		if err != nil {
			return nil, err
		}
		out = append(out, value)
	}
	return out, nil
}

// measure spends what a value that is already JSON takes.
func (w *jsonWriter) measure(v any) error {
	switch v := v.(type) {
	case string:
		return w.spend(8 + len(v))
	case json.RawMessage:
		return w.spend(len(v))
	case *Lazy:
		return w.spend(len(v.raw))
	case []any:
		for _, e := range v {
			if err := w.measure(e); err != nil {
				return err
			}
		}
	case map[string]any:
		for k, e := range v {
			if err := errors.Join(w.spend(len(k)), w.measure(e)); err != nil {
				return err
			}
		}
	}
	return w.spend(8)
}
