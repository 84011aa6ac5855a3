import Hummingbird
import NIOCore

/// The description of the interface as this node offers it: the published operations, with every answer that they give.
enum OpenAPI {
  static func response(server: String) -> Response {
    Response(
      status: .ok, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text.replacing("SERVER", with: server))))
  }

  private static let text = """
    {
      "openapi": "3.0.3",
      "info": {
        "title": "sdk-relay: messages between case systems and the message service",
        "version": "1.0.0",
        "description": "Send, list, fetch and take SDK messages, after the published recommendation for the interface between message client and message service."
      },
      "servers": [{"url": "SERVER"}],
      "security": [{"token": []}],
      "paths": {
        "/sdk/messages": {
          "post": {
            "operationId": "sendMessage",
            "summary": "Send a message. It has been checked and stored durably when the answer comes.",
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Creation"}}}
            },
            "responses": {
              "201": {
                "description": "Accepted; it will be sent.",
                "headers": {"Location": {"schema": {"type": "string"}, "description": "Where the message is."}}
              },
              "400": {"$ref": "#/components/responses/BadRequest"},
              "401": {"$ref": "#/components/responses/Unauthorized"},
              "503": {"$ref": "#/components/responses/Unavailable"}
            }
          },
          "get": {
            "operationId": "getMessageByFilter",
            "summary": "List messages, oldest first and without content. Filters narrow each other.",
            "parameters": [
              {"name": "filter[messageStatus]", "in": "query", "schema": {"$ref": "#/components/schemas/Status"}},
              {"name": "filter[senderAttention.subOrganization.extension]", "in": "query", "schema": {"type": "string", "minLength": 1, "maxLength": 256}},
              {"name": "filter[recipientAttention.subOrganization.extension]", "in": "query", "schema": {"type": "string", "minLength": 1, "maxLength": 256}},
              {"name": "filter[creationDateTimeStart]", "in": "query", "schema": {"type": "string", "format": "date-time"}},
              {"name": "filter[creationDateTimeStop]", "in": "query", "schema": {"type": "string", "format": "date-time"}},
              {"name": "page[size]", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 500, "default": 100}},
              {"name": "page[after]", "in": "query", "description": "As links.next of the former page has it.", "schema": {"type": "integer", "format": "int64", "minimum": 0}}
            ],
            "responses": {
              "200": {"description": "The messages.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/List"}}}},
              "400": {"$ref": "#/components/responses/BadRequest"},
              "401": {"$ref": "#/components/responses/Unauthorized"},
              "503": {"$ref": "#/components/responses/Unavailable"}
            }
          }
        },
        "/sdk/messages/{messageId}": {
          "parameters": [{"name": "messageId", "in": "path", "required": true, "schema": {"type": "string"}}],
          "get": {
            "operationId": "getMessageById",
            "summary": "Fetch a message with its content and events.",
            "parameters": [
              {"name": "filter[contentBodyText]", "in": "query", "description": "false leaves the texts out.", "schema": {"type": "boolean", "default": true}},
              {"name": "filter[contentFiles]", "in": "query", "description": "false leaves the attachments out.", "schema": {"type": "boolean", "default": true}}
            ],
            "responses": {
              "200": {"description": "The message.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/One"}}}},
              "400": {"$ref": "#/components/responses/BadRequest"},
              "401": {"$ref": "#/components/responses/Unauthorized"},
              "404": {"$ref": "#/components/responses/NotFound"},
              "503": {"$ref": "#/components/responses/Unavailable"}
            }
          },
          "delete": {
            "operationId": "deleteMessageById",
            "summary": "Take a message that is NEW, ACCEPTED or MESSAGE_EXCHANGE_ERROR: it is no longer shown here.",
            "responses": {
              "202": {"description": "Taken."},
              "400": {"$ref": "#/components/responses/BadRequest"},
              "401": {"$ref": "#/components/responses/Unauthorized"},
              "404": {"$ref": "#/components/responses/NotFound"},
              "503": {"$ref": "#/components/responses/Unavailable"}
            }
          }
        }
      },
      "components": {
        "securitySchemes": {
          "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
        },
        "responses": {
          "BadRequest": {"description": "Something in the request is wrong; the issues name it.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
          "Unauthorized": {"description": "No token, or one that does not suffice.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
          "NotFound": {"description": "No such message that the client may know of.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
          "Unavailable": {"description": "Not now, such as while the disk is full. Nothing has been done; try again.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
        },
        "schemas": {
          "Status": {
            "type": "string",
            "enum": ["SCHEDULED", "SUBMITTED", "SCHEDULED_FOR_RESEND", "ACKNOWLEDGE", "WAITING_FOR_RECEIPT", "MESSAGE_EXCHANGE_ERROR", "ACCEPTED", "REJECTED", "RETRIEVED", "RECEIPT_SENT", "NEW", "ERROR"]
          },
          "Identifier": {
            "type": "object", "required": ["root", "extension"],
            "properties": {
              "root": {"type": "string"},
              "extension": {"type": "string", "maxLength": 256},
              "label": {"type": "string", "maxLength": 256}
            }
          },
          "Attention": {
            "type": "object", "required": ["subOrganization"],
            "properties": {
              "subOrganization": {
                "type": "object",
                "properties": {
                  "root": {"type": "string"},
                  "extension": {"type": "string", "maxLength": 256},
                  "label": {"type": "string", "maxLength": 256}
                }
              },
              "attentionPerson": {"type": "array", "items": {"$ref": "#/components/schemas/Identifier"}},
              "referenceId": {"type": "array", "items": {"$ref": "#/components/schemas/Identifier"}}
            }
          },
          "Document": {
            "type": "object", "required": ["documentId"],
            "properties": {
              "documentId": {"type": "string"},
              "documentName": {"type": "string"},
              "index": {"type": "string"},
              "contentTextBody": {"type": "array", "items": {"type": "string"}},
              "contentFiles": {
                "type": "array",
                "items": {
                  "type": "object", "required": ["fileName", "contentType", "content"],
                  "properties": {
                    "fileName": {"type": "string"},
                    "contentType": {"type": "string"},
                    "content": {"type": "string", "format": "byte"}
                  }
                }
              }
            }
          },
          "Attributes": {
            "type": "object",
            "required": ["confidentiality", "label", "sender", "recipient"],
            "properties": {
              "messageStatus": {"$ref": "#/components/schemas/Status"},
              "creationDateTime": {"type": "string"},
              "messageId": {"type": "string"},
              "conversationId": {"type": "string"},
              "refToMessageId": {"type": "string"},
              "confidentiality": {"type": "boolean"},
              "generatingSystem": {"$ref": "#/components/schemas/Identifier"},
              "recipientAttention": {"$ref": "#/components/schemas/Attention"},
              "senderAttention": {"$ref": "#/components/schemas/Attention"},
              "sender": {"type": "string"},
              "recipient": {"type": "string"},
              "label": {"type": "string", "maxLength": 256},
              "digitalDocument": {"type": "array", "items": {"$ref": "#/components/schemas/Document"}},
              "events": {"$ref": "#/components/schemas/Problem"}
            }
          },
          "Message": {
            "type": "object", "required": ["attributes"],
            "properties": {
              "type": {"type": "string", "enum": ["messages"]},
              "id": {"type": "string"},
              "attributes": {"$ref": "#/components/schemas/Attributes"}
            }
          },
          "Creation": {
            "description": "As a message, without messageStatus and events. The federation's rules for content apply beyond this schema.",
            "type": "object", "required": ["data"], "properties": {"data": {"$ref": "#/components/schemas/Message"}}
          },
          "Meta": {"type": "object", "properties": {"version": {"type": "string", "enum": ["sdk api 1.0.0"]}}},
          "Links": {"type": "object", "properties": {"self": {"type": "string"}, "next": {"type": "string"}}},
          "One": {
            "type": "object", "required": ["data"],
            "properties": {
              "meta": {"$ref": "#/components/schemas/Meta"},
              "links": {"$ref": "#/components/schemas/Links"},
              "data": {"$ref": "#/components/schemas/Message"}
            }
          },
          "List": {
            "type": "object", "required": ["data"],
            "properties": {
              "meta": {"$ref": "#/components/schemas/Meta"},
              "links": {"$ref": "#/components/schemas/Links"},
              "data": {"type": "array", "items": {"$ref": "#/components/schemas/Message"}}
            }
          },
          "Problem": {
            "type": "object",
            "properties": {
              "type": {"type": "string", "maxLength": 128},
              "title": {"type": "string", "maxLength": 120},
              "status": {"type": "integer", "minimum": 400, "maximum": 599},
              "detail": {"type": "string", "maxLength": 128},
              "instance": {"type": "string", "maxLength": 2048},
              "eventIssues": {
                "type": "array",
                "items": {
                  "type": "object", "required": ["typeCode"],
                  "properties": {
                    "typeCode": {"type": "string"},
                    "title": {"type": "string", "maxLength": 120},
                    "detail": {"type": "string", "maxLength": 128},
                    "in": {"type": "string", "maxLength": 2048},
                    "dateTime": {"type": "string"}
                  }
                }
              }
            }
          }
        }
      }
    }
    """
}
