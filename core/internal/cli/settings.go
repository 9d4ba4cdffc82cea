package cli

import (
	"fmt"
	"reflect"
	"strconv"

	"github.com/alecthomas/kong"

	"github.com/cordboard/cordboard/core/internal/config"
)

// settingFlags are the flags of the commands that work on this machine's gateway. Those of the settings come from
// their declaration, so that they can't differ from the reference page.
type settingFlags struct {
	Config   string       `help:"The settings file (cordboard.yaml if it is there)." placeholder:"FILE"`
	Settings kong.Plugins `embed:""`
}

// settingValues hold what was given for each setting; nil: nothing. All commands share them, as only one runs.
type settingValues struct {
	table  []config.Setting
	values reflect.Value // pointer to a struct of *string
}

func newSettingValues() *settingValues {
	v := &settingValues{}
	var fields []reflect.StructField
	for _, s := range config.Table() {
		if s.Flag == "" {
			continue
		}
		tag := fmt.Sprintf("name:%s help:%s placeholder:%s", strconv.Quote(s.Flag), strconv.Quote(s.Help+" Or "+s.Env+"."), strconv.Quote(placeholder(s)))
		fields = append(fields, reflect.StructField{Name: "F" + strconv.Itoa(len(fields)), Type: reflect.TypeFor[*string](), Tag: reflect.StructTag(tag)})
		v.table = append(v.table, s)
	}
	v.values = reflect.New(reflect.StructOf(fields))
	return v
}

func placeholder(s config.Setting) string {
	if s.Default != "" {
		return s.Default
	}
	return "VALUE"
}

// given returns what was said by flags.
func (v *settingValues) given() map[string]string {
	flags := map[string]string{}
	for i, s := range v.table {
		if text, _ := v.values.Elem().Field(i).Interface().(*string); text != nil {
			flags[s.Flag] = *text
		}
	}
	return flags
}

// declareSettings puts the flags into the commands that take them.
func (c *commands) declareSettings() *settingValues {
	v := newSettingValues()
	for _, f := range []*settingFlags{&c.Serve.settingFlags, &c.Demo.settingFlags, &c.Migrate.Up.settingFlags, &c.Migrate.Status.settingFlags, &c.Token.Create.settingFlags} {
		f.Settings = kong.Plugins{v.values.Interface()}
	}
	return v
}

// load reads all settings.
func (f settingFlags) load(p *Program, v *settingValues) (config.Settings, error) {
	return config.Load(config.Sources{Flags: v.given(), Env: p.Env, File: f.Config})
}
