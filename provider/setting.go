package provider

// Setting is a key of a provider_config, for whoever makes a form of it.
type Setting struct {
	Name     string
	Kind     string // SettingText or another
	Required bool
	Choices  []string // of a choice
}

// The kinds of settings.
const (
	SettingText    = "text"
	SettingSecret  = "secret"  // text that is not shown again
	SettingLines   = "lines"   // text of several lines
	SettingChoice  = "choice"  // one of Choices
	SettingFlag    = "flag"    // true or false
	SettingSeconds = "seconds" // a whole number
	SettingList    = "list"    // texts
	SettingTexts   = "texts"   // an object of texts
)

var settingKinds = map[kind]string{
	text: SettingText, secret: SettingSecret, lines: SettingLines, choice: SettingChoice, flag: SettingFlag,
	seconds: SettingSeconds, list: SettingList, texts: SettingTexts, pattern: SettingText,
}

// Settings are the keys of the provider's configuration, those that need no
// thought at the end.
func (p *Provider) Settings() []Setting {
	var out []Setting
	for _, f := range p.all() {
		out = append(out, Setting{f.name, settingKinds[f.kind], f.required, f.choices})
	}
	return out
}
