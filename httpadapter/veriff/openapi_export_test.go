package veriff

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// Routes gives the methods of every path of the API, as the mux has it.
func Routes() map[string][]string {
	routes := map[string][]string{}
	for path, byMethod := range byPath() {
		for method := range byMethod {
			routes[path] = append(routes[path], method)
		}
	}
	return routes
}

// Bodies gives the types that are written as the document's schemas of these names.
func Bodies() map[string]reflect.Type {
	return map[string]reflect.Type{
		"Failure": reflect.TypeFor[failure](), "SessionAnswer": reflect.TypeFor[envelope[verification]](),
		"UserDefinedStatus": reflect.TypeFor[userStatus](), "UserDefinedStatusEvent": reflect.TypeFor[notice](),
		"FullAutoEvent": reflect.TypeFor[notice](), "FullAuto": reflect.TypeFor[fullAuto](),
		"Reading": reflect.TypeFor[reading](), "BareReading": reflect.TypeFor[bareReading](),
		"Event": reflect.TypeFor[event](), "Insight": reflect.TypeFor[insight](),
		"Person": reflect.TypeFor[person](), "Address": reflect.TypeFor[address](),
		"Document": reflect.TypeFor[document](), "Specimen": reflect.TypeFor[specimen](),
		"Screening": reflect.TypeFor[screening](), "Hit": reflect.TypeFor[hit](), "Listing": reflect.TypeFor[listing](),
		"MediaAnswer": reflect.TypeFor[mediaList](),

		"AdditionalVerifiedData":         reflect.TypeFor[decision.Additional](),
		"UKTFCheckResult":                reflect.TypeFor[decision.UKTFCheckResult](),
		"CPFValidation":                  reflect.TypeFor[decision.CPFValidation](),
		"INEBiometricRegistryValidation": reflect.TypeFor[decision.INEBiometricRegistryValidation](),
		"RegistryValidation":             reflect.TypeFor[decision.RegistryValidation](),
		"ProofOfAddress":                 reflect.TypeFor[decision.ProofOfAddress](),
		"ValidationResult":               reflect.TypeFor[decision.ValidationResult](),
	}
}

// Vocabulary gives the words that the code has in tables, by the schema that has them in the document.
func Vocabulary() map[string][]any {
	v := vocabulary{}
	for _, s := range session.Statuses() {
		status := words[s]
		v.add("SessionStatus", status.word)
		switch {
		case isDecision(status.code):
			v.add("DecisionStatus", status.word)
			v.add("DecisionCode", status.code)
		case status.code != 0:
			v.add("EventAction", status.word)
			v.add("EventCode", status.code)
		}
	}
	for _, c := range media.Images() {
		v.add("ImageContext", string(c))
	}
	for _, c := range media.Videos() {
		v.add("VideoContext", string(c))
	}
	v.add("ChipContext", string(media.Chip))
	for _, t := range media.Types() {
		switch {
		case media.Face.Takes(t):
			v.add("ImageType", string(t))
		case media.SelfIDVideo.Takes(t):
			v.add("VideoType", string(t))
		}
	}
	for _, a := range refusalTexts() {
		v.add("ErrorCode", a.code)
		switch a.status {
		case http.StatusBadRequest:
			v.add("BadRequestCode", a.code)
		case http.StatusUnauthorized:
			v.add("UnauthorizedCode", a.code)
		}
	}
	for _, name := range []string{"ErrorCode", "BadRequestCode", "UnauthorizedCode"} {
		slices.SortFunc(v[name], func(a, b any) int { return number(a) - number(b) })
	}
	return v
}

// refusalTexts is what any refusal may say, with the codes of either kind.
func refusalTexts() (all []answer) {
	for _, r := range refusalTable {
		all = append(all, r.with(Pages), r.with(Tables))
	}
	return all
}

type vocabulary map[string][]any

func (v vocabulary) add(schema string, word any) {
	if !slices.Contains(v[schema], word) {
		v[schema] = append(v[schema], word)
	}
}

func number(code any) int {
	n, err := strconv.Atoi(code.(string))
	if err != nil {
		panic(err)
	}
	return n
}
