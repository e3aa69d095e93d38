//! How a conversation goes, whatever the client says.

use super::client::{Client, position};
use super::{DEPOT, TRIAL};
use crate::harness::Place;
use serde_json::{Value, json};

const NOT_INITIALIZED: i32 = -32002;
const INVALID_REQUEST: i32 = -32600;
const UNKNOWN: i32 = -32601;
const INVALID_PARAMS: i32 = -32602;
const CANCELLED: i32 = -32800;

#[test]
fn a_conversation_has_a_beginning_and_an_end() {
    let mut client = Client::start();
    assert_eq!(client.offered["positionEncoding"], "utf-16");
    assert_eq!(client.refused("initialize", json!({ "capabilities": {} })).0, INVALID_REQUEST);
    assert_eq!(client.leave().code(), Some(0));
    assert_eq!(Client::start().rush_out().code(), Some(1));
    assert_eq!(Client::start().vanish().code(), Some(1));
}

#[test]
fn bytes_are_counted_where_the_client_can() {
    let can = json!({ "general": { "positionEncodings": ["utf-8", "utf-16"] } });
    let mut client = Client::that_can(Place::new(), can);
    assert_eq!(client.offered["positionEncoding"], "utf-8");
    client.open("a.chaos", "system é { }\nlet a = nothing\n");
    let first = &client.findings("a.chaos")[0];
    assert_eq!(first["range"]["start"], json!({ "line": 0, "character": 7 }), "{first}");
    client.open("b.chaos", "## ééé\nlet ok = 5%\nlet d = \"ééé\"; let e = nothing\n");
    let found = client.findings("b.chaos");
    assert_eq!(found[0]["range"]["start"], json!({ "line": 2, "character": 26 }), "{found:?}");
}

#[test]
fn characters_are_counted_where_the_client_likes_that_best() {
    for (wanted, offered, column) in [
        (json!(["utf-32"]), "utf-32", 21),
        (json!(["utf-7", "utf-32", "utf-8"]), "utf-32", 21),
        (json!(["utf-16", "utf-8"]), "utf-16", 22),
        (json!(["utf-7"]), "utf-16", 22),
    ] {
        let can = json!({ "general": { "positionEncodings": wanted } });
        let mut client = Client::that_can(Place::new(), can);
        assert_eq!(client.offered["positionEncoding"], offered);
        client.open("a.chaos", "let a = \"😀\"; let b = nothing\n");
        let first = &client.findings("a.chaos")[0];
        assert_eq!(first["range"]["start"], json!({ "line": 0, "character": column }), "{first}");
        let shown = client.ask_at("hover", "a.chaos", &json!({ "line": 0, "character": column - 4 }));
        assert!(shown["contents"]["value"].as_str().unwrap().contains("let b"), "{shown}");
    }
}

#[test]
fn no_place_lies_behind_the_end_of_its_line() {
    let mut client = Client::start();
    client.open("a.chaos", "let a = \"abc\r\nlet b = 5\r\n");
    let found = client.findings("a.chaos");
    assert_eq!(found[0]["code"], "E0105");
    assert_eq!(found[0]["range"]["end"], json!({ "line": 0, "character": 12 }));
}

#[test]
fn nonsense_is_answered_by_an_error_and_never_ends_the_server() {
    let mut client = Client::silent(Place::new());
    assert_eq!(client.refused("textDocument/hover", json!({})).0, NOT_INITIALIZED);
    client.tell("textDocument/didOpen", json!({ "early": true }));
    client.ask("initialize", json!({ "capabilities": {}, "processId": null, "rootUri": null }));
    client.send_bytes(b"Content-Length: 5\r\n\r\n{]{]{");
    client.send_bytes(b"Content-Length: many\r\n\r\n");
    client.send_bytes(b"what is this\r\n");
    client.send_bytes(b"Content-Length: 1000000000000000\r\n\r\n");
    client.send_bytes(b"Content-Length: 18446744073709551615\r\n\r\n");
    client.send_bytes(b"Content-Length: 4\r\n\r\n\xff\xfe\xfd\xfc");
    assert_eq!(client.refused("textDocument/fly", json!({})).0, UNKNOWN);
    assert_eq!(client.refused("textDocument/hover", json!([1, 2])).0, INVALID_PARAMS);
    assert_eq!(client.refused("textDocument/hover", Value::Null).0, INVALID_PARAMS);
    assert_eq!(client.refused("textDocument/rename", json!({ "textDocument": 3 })).0, INVALID_PARAMS);
    client.tell("textDocument/didOpen", json!({ "textDocument": "?" }));
    client.tell("textDocument/didChange", json!({}));
    client.tell("$/setTrace", json!({ "value": "off" }));
    client.tell("$/cancelRequest", json!({ "id": { "no": "id" } }));
    client.open("a.chaos", DEPOT);
    assert_eq!(client.codes("a.chaos"), Vec::<String>::new());
    assert_eq!(client.leave().code(), Some(0));
}

/// Whoever asks something that cannot be understood must not wait for ever.
#[test]
fn what_is_no_message_is_answered_by_an_error_with_its_number() {
    let mut client = Client::start();
    let asked = [
        ("{]{]{", "\\\"id\\\":null", "-32700"),
        ("[{\"id\":1,\"method\":\"x\"}]", "\\\"id\\\":null", "-32600"),
        ("{\"id\":2147483648,\"method\":\"workspace/symbol\",\"params\":{\"query\":\"a\"}}", "2147483648", "-32600"),
        ("{\"id\":7.5,\"method\":\"workspace/symbol\"}", "7.5", "-32600"),
        ("{\"id\":\"seven\",\"method\":5}", "seven", "-32600"),
    ];
    for (text, _, _) in asked {
        client.send_bytes(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }
    assert_eq!(client.ask("workspace/symbol", json!({ "query": "no such thing" })), json!([]));
    let mut told = client.odd.join("\n");
    told.extend(client.early_answers());
    for (text, id, code) in asked {
        assert!(told.contains(id) && told.contains(code), "{text}: {told}");
    }
    assert_eq!(told.matches("-32600").count(), 4, "{told}");
}

/// A message whose length is wrong costs itself and perhaps the next one, and no more.
#[test]
fn a_wrong_length_does_not_make_the_server_deaf() {
    let body = "{\"jsonrpc\":\"2.0\",\"method\":\"$/nothing\"}";
    let wrong = [
        format!("Content-Length: {}\r\n\r\n{body}", body.len() + 3),
        format!("Content-Length: {}\r\n\r\n{body}", body.len() - 3),
        format!("Content-Lenght: {}\r\n\r\n{body}", body.len()),
        format!("Content-Length: abc\r\n\r\n{body}"),
        format!("\u{FEFF}Content-Length: {}\r\n\r\n{body}", body.len()),
        format!(" \r\n{body}"),
        body.to_owned(),
    ];
    for text in wrong {
        let mut client = Client::start();
        client.send_bytes(text.as_bytes());
        client.tell("$/lost", json!({}));
        client.tell("$/lost", json!({}));
        assert_eq!(client.ask("workspace/symbol", json!({ "query": "no such thing" })), json!([]), "{text}");
        assert_eq!(client.leave().code(), Some(0));
    }
}

/// Answers are not answered: two who did not understand each other would never end.
#[test]
fn an_answer_that_nobody_asked_for_is_passed_over() {
    let mut client = Client::start();
    for text in [
        "{\"id\":null,\"error\":{\"code\":-32700,\"message\":\"?\"}}",
        "{\"id\":5,\"error\":5}",
        "{\"id\":null,\"result\":1}",
    ] {
        client.send_bytes(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }
    assert_eq!(client.ask("workspace/symbol", json!({ "query": "no such thing" })), json!([]));
    assert!(client.odd.is_empty() && client.early_answers().is_empty(), "{:?}", client.odd);
}

#[test]
fn whoever_reads_no_answers_has_gone() {
    let mut client = Client::start();
    client.stop_reading();
    for _ in 0..50 {
        client.begin("workspace/symbol", json!({ "query": "a" }));
    }
    assert_eq!(client.ended(), Some(1));
}

#[test]
fn files_that_are_not_open_have_no_answer() {
    let mut client = Client::start();
    let start = json!({ "line": 0, "character": 0 });
    assert_eq!(client.ask_at("hover", "depot.chaos", &start), Value::Null);
    assert_eq!(client.ask_of("documentSymbol", "nowhere.chaos", json!({})), Value::Null);
    client.rewrite("nowhere.chaos", 2, "system s {");
    client.tell("textDocument/didClose", json!({ "textDocument": { "uri": client.address("nowhere.chaos") } }));
    assert_eq!(client.leave().code(), Some(0));
}

#[test]
fn edits_out_of_range_and_two_opens_leave_one_text() {
    let mut client = Client::start();
    client.open("depot.chaos", "let a = 1\n");
    client.open("depot.chaos", DEPOT);
    let far = json!({ "line": 999, "character": 999 });
    let turned = json!({ "start": far, "end": { "line": 0, "character": 0 } });
    client.change("depot.chaos", 3, json!([{ "range": turned, "text": "let b = nothing\n" }]));
    assert_eq!(client.codes("depot.chaos"), ["E0203@1"]);
    client.change("depot.chaos", 4, json!([{ "range": { "start": far, "end": far }, "text": "let c = 5%\n" }]));
    let symbols = client.ask_of("documentSymbol", "depot.chaos", json!({}));
    let names: Vec<&str> = symbols.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["b", "c"]);
}

#[test]
fn edits_in_the_middle_of_wide_characters_do_not_break_them() {
    let mut client = Client::start();
    client.open("wide.chaos", "let a = \"😀é\"\r\nlet b = 1\r\n");
    let inside = |from: u32, to: u32| json!({ "start": { "line": 0, "character": from }, "end": { "line": 0, "character": to } });
    // The first ends in the middle of the face: it is taken as its beginning.
    client.change("wide.chaos", 2, json!([{ "range": inside(9, 10), "text": "x" }]));
    client.change("wide.chaos", 3, json!([{ "range": inside(12, 13), "text": "y" }]));
    let hover = client.ask_at("hover", "wide.chaos", &json!({ "line": 0, "character": 4 }));
    assert!(hover["contents"]["value"].as_str().unwrap().contains("let a = \"x😀y\""), "{hover}");
}

#[test]
fn a_request_that_is_cancelled_before_its_turn_says_so_and_others_are_answered() {
    let mut client = Client::start();
    // Long enough that the server is still busy with it when the cancellation comes.
    let long: String = (0..3_000).map(|at| format!("let v{at} = {at} + nothing{at}\n")).collect();
    client.open("long.chaos", &long);
    let first = client.begin("workspace/symbol", json!({ "query": "" }));
    let second = client.begin("workspace/symbol", json!({ "query": "v" }));
    client.tell("$/cancelRequest", json!({ "id": second }));
    let third = client.begin("workspace/symbol", json!({ "query": "v1" }));
    let _cancelled_too_late_or_not = client.answer(first);
    let cancelled = client.answer(second).response_result;
    assert!(cancelled.is_ok() || cancelled.unwrap_err().code == CANCELLED);
    assert!(client.answer(third).response_result.is_ok());
}

#[test]
fn documents_without_a_file_are_documents() {
    let mut client = Client::start();
    client.open("untitled:Untitled-1", "let a = 5%\nlet b = a + nothing\n");
    assert_eq!(client.codes("untitled:Untitled-1"), ["E0203@2"]);
    let found = client.ask_at("definition", "untitled:Untitled-1", &json!({ "line": 1, "character": 8 }));
    assert_eq!(found["uri"], "untitled:Untitled-1");
}

#[test]
fn a_file_outside_every_folder_is_checked_with_what_lies_beside_it() {
    let other = Place::new();
    other.write("depot.chaos", DEPOT);
    let mut client = Client::start();
    let address = format!("file://{}/trial.chaos", other.path().canonicalize().unwrap().display());
    client.open(&address, &TRIAL.replace("belt.flow <", "belt.flw <"));
    assert_eq!(client.codes(&address), ["E0203@11"]);
    let end = position(&TRIAL[..TRIAL.find("depot {").unwrap()]);
    assert!(client.ask_at("definition", &address, &end)["uri"].as_str().unwrap().ends_with("/depot.chaos"));
}

#[test]
fn a_document_that_was_never_saved_is_told_to_be_where_it_uses_files() {
    let mut client = Client::start();
    client.open("untitled:Untitled-1", "use \"./depot.chaos\"\nuse \"../depot.chaos\"\n");
    let found = client.findings("untitled:Untitled-1");
    assert_eq!(client.codes("untitled:Untitled-1"), ["E0100@1", "E0100@2"]);
    for finding in found {
        let text = finding["message"].as_str().unwrap();
        assert!(text.contains("never saved") && !text.contains('\0') && !text.contains("\\x00"), "{text}");
    }
}

#[test]
fn addresses_of_files_have_several_forms() {
    let mut client = Client::start();
    let folder = client.place.path().canonicalize().unwrap();
    for form in ["file:", "FILE://"] {
        let address = format!("{form}{}/trial.chaos", folder.display());
        client.open(&address, TRIAL);
        assert_eq!(client.codes(&address), [""; 0]);
        let hover = client.ask_at("hover", &address, &json!({ "line": 4, "character": 20 }));
        assert!(hover["contents"]["value"].as_str().unwrap_or("").contains("system depot"), "{hover}");
    }
}
