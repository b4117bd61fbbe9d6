import Hummingbird
import JSONValues
import Retrieval

extension Routes {
    /// Collections of documents.
    func addDocuments(_ folder: CollectionFolder, to router: Router<Context>) {
        let manager = manager
        let stored = { @Sendable in DocumentRoutes(host: manager.host, folder: folder) }
        get("v1/collections", on: router) { _, _ in Response(json: try await stored().list()) }
        let path: RouterPath = "v1/collections/:name"
        router.get(path) { _, context in
            Response(json: try await stored().collection(try context.parameters.require("name")))
        }
        router.delete(path) { _, context in
            Response(json: try stored().remove(try context.parameters.require("name")))
        }
        get("v1/collections/:name/map", on: router) { _, context in
            Response(json: try await stored().map(try context.parameters.require("name")))
        }
        refuse([.post, .put, .patch], at: path, allowing: "GET, HEAD, DELETE", on: router)

        // What was indexed by an encoder is searched by the same.
        let encoder = { @Sendable (context: Context) -> String? in
            (try? context.parameters.require("name")).flatMap { stored().encoderName(of: $0) }
        }
        post("v1/collections/:name/documents", on: router, models: { [encoder($1)] }) { fields, context, host in
            try DocumentRoutes(host: host, folder: folder)
                .add(try context.parameters.require("name"), fields, context)
        }
        post("v1/collections/:name/search", on: router, models: { [encoder($1)] }) { fields, context, host in
            let routes = DocumentRoutes(host: host, folder: folder)
            return Response(json: try await routes.search(try context.parameters.require("name"), fields))
        }
        post(
            "v1/collections/:name/ask", on: router,
            models: { [encoder($1), try $0.string("model")] }
        ) { fields, context, host in
            try DocumentRoutes(host: host, folder: folder)
                .ask(try context.parameters.require("name"), fields, context)
        }
    }
}
