package dashboard

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"posthorn/client"
	"posthorn/provider"
)

// configField is where a form holds a setting of a provider_config.
const configField = "config."

// configOf reads a provider_config out of a form. Of an endpoint that there is,
// before is the configuration as it is shown: only what changes is given. A
// secret that is left empty stays what it is.
func configOf(f *form, g *guide, before json.RawMessage) json.RawMessage {
	shown := map[string]json.RawMessage{}
	_ = json.Unmarshal(before, &shown) // null for a new one
	change := map[string]any{}
	for _, s := range g.Settings {
		value, ok := settingOf(f, s)
		_, was := shown[s.Name]
		switch {
		case ok && string(shown[s.Name]) != string(written(value)):
			change[s.Name] = value
		case !ok && was && s.Kind != provider.SettingSecret:
			change[s.Name] = nil
		}
	}
	if len(change) == 0 && before != nil {
		return nil
	}
	return written(change)
}

func written(v any) json.RawMessage {
	raw, _ := json.Marshal(v) // maps, texts and numbers alone
	return raw
}

// settingOf is what somebody typed; false for nothing.
func settingOf(f *form, s provider.Setting) (value any, ok bool) {
	typed := *text(f.Values, configField+s.Name)
	switch s.Kind {
	case provider.SettingFlag:
		return true, typed != ""
	case provider.SettingSeconds:
		n := numberOf(f, configField+s.Name)
		return n, n != nil
	case provider.SettingList:
		list := lines(typed)
		return list, len(list) > 0
	case provider.SettingTexts:
		if typed != "" && !json.Valid([]byte(typed)) {
			f.add("/"+configField+s.Name, "must be JSON")
			return nil, false
		}
		return json.RawMessage(typed), typed != ""
	}
	return typed, typed != ""
}

// fillConfig puts a configuration into a form, secrets aside.
func fillConfig(v url.Values, g *guide, e client.Endpoint) {
	shown := map[string]any{}
	_ = json.Unmarshal(e.ProviderConfig, &shown) // null where there is none
	for _, s := range g.Settings {
		switch value := shown[s.Name].(type) {
		case nil:
		case string:
			if s.Kind != provider.SettingSecret {
				v.Set(configField+s.Name, value)
			}
		case []any:
			var list []string
			for _, one := range value {
				word, _ := one.(string)
				list = append(list, word)
			}
			v.Set(configField+s.Name, strings.Join(list, "\n"))
		default:
			v.Set(configField+s.Name, string(written(value)))
		}
	}
}

// Fields are a provider's settings as inputs. What has no effect, or only one
// value, is left out. isNew: secrets are asked for.
func (g *guide) Fields(f *form, isNew bool) (out []field) {
	for _, s := range g.Settings {
		hint := g.hints[s.Name]
		if strings.HasPrefix(hint, "Has no effect") || s.Kind == provider.SettingChoice && len(s.Choices) < 2 {
			continue
		}
		words := []string{"maxlength=20000"}
		if s.Required && (isNew || s.Kind != provider.SettingSecret) {
			words = append(words, "required")
		}
		switch s.Kind {
		case provider.SettingChoice:
			options := slices.Clone(s.Choices)
			if !s.Required {
				options = slices.Insert(options, 0, "=by the rest")
			}
			out = append(out, newSelect(f, configField+s.Name, label(s.Name), hint, options...))
			continue
		case provider.SettingSecret:
			words = append(words, "password", "autocomplete=off")
			if !isNew {
				words = append(words, "placeholder=unchanged")
			}
		case provider.SettingSeconds:
			words = []string{"number", "min=0"}
		case provider.SettingFlag:
			words = []string{"checkbox"}
		case provider.SettingTexts:
			words = append(words, "textarea", "rows=2", `placeholder={"https://…": "-----BEGIN CERTIFICATE-----…"}`)
		case provider.SettingList, provider.SettingLines:
			words = append(words, "textarea", "rows=2")
		}
		out = append(out, newField(f, configField+s.Name, label(s.Name), hint, words...))
	}
	return out
}

// label writes a setting's name as people do.
func label(name string) string {
	name = strings.ReplaceAll(strings.Replace(name, "_seconds", " in seconds", 1), "_", " ")
	name = strings.NewReplacer("sid", "SID", "arns", "ARNs", "certs", "certificates").Replace(name)
	return strings.ToUpper(name[:1]) + name[1:]
}

// Shown is a configuration for reading, by the settings' names.
func (g *guide) Shown(config json.RawMessage) map[string]string {
	shown, out := map[string]any{}, map[string]string{}
	_ = json.Unmarshal(config, &shown) // null where there is none
	for name, value := range shown {
		text, ok := value.(string)
		if !ok {
			text = string(written(value))
		}
		out[label(name)] = text
	}
	return out
}
