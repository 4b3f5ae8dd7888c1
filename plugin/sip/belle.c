/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the tables of belle-sip by name at run time and checks that they are what we think they
 * are. Nothing here changes anything, so a phone with another belle-sip works on without us. */
#include "tap_internal.h"

#include <dlfcn.h>
#include <string.h>

const struct tap_names tap_default_names = {
    .provider_vptr = "belle_sip_provider_t_vptr_get",
    .transaction_vptr = "belle_sip_transaction_t_vptr_get",
    .ict_vptr = "belle_sip_ict_t_vptr_get",
    .nict_vptr = "belle_sip_nict_t_vptr_get",
    .ist_vptr = "belle_sip_ist_t_vptr_get",
    .callbacks_vptr = "belle_sip_callbacks_t_vptr_get",
    .sal_user_pointer = "sal_get_user_pointer",
};

/* Where a wrong table would be called as code: each slot must point into belle-sip's own text. */
static const char *object_of(const void *address)
{
    Dl_info info;
    return address && dladdr(address, &info) ? info.dli_fname : NULL;
}

static bool is_belle_code(const void *address)
{
    const char *belle = object_of((const void *)(uintptr_t)belle_sip_provider_send_response);
    const char *there = object_of(address);
    return belle && there && strcmp(belle, there) == 0;
}

static enum sip_tap_result find_vptr(const char *name, belle_sip_type_id_t id, void **vptr,
                                     const char **missing)
{
    belle_sip_object_vptr_t *(*get)(void);
    void *symbol = dlsym(RTLD_DEFAULT, name);
    belle_sip_object_vptr_t *table;

    *missing = name;
    if (!symbol)
        return SIP_TAP_MISSING_SYMBOL;
    memcpy(&get, &symbol, sizeof(get));
    table = get();
    if (!table || table->id != id)
        return SIP_TAP_UNKNOWN_LAYOUT;
    *vptr = table;
    return SIP_TAP_OK;
}

static enum sip_tap_result find_interface(const belle_sip_object_vptr_t *vptr, const char *name,
                                          belle_sip_interface_id_t id, void **methods,
                                          const char **missing)
{
    struct belle_sip_interface_desc **entry;

    *missing = name;
    for (entry = vptr->interfaces; entry && *entry; entry++) {
        if (!(*entry)->ifname || strcmp((*entry)->ifname, name) != 0)
            continue;
        *methods = *entry;
        return (*entry)->id == id ? SIP_TAP_OK : SIP_TAP_UNKNOWN_LAYOUT;
    }
    return SIP_TAP_UNKNOWN_LAYOUT;
}

static bool all_belle_code(void *const *slots, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_belle_code(slots[i]))
            return false;
    }
    return true;
}

static enum sip_tap_result find_provider(struct tap_belle *found, const struct tap_names *names,
                                         const char **missing)
{
    void *vptr = NULL, *methods = NULL;
    enum sip_tap_result result =
        find_vptr(names->provider_vptr, BELLE_SIP_TYPE_ID(belle_sip_provider_t), &vptr, missing);

    if (result == SIP_TAP_OK)
        result =
            find_interface(vptr, "belle_sip_channel_listener_t",
                           BELLE_SIP_INTERFACE_ID(belle_sip_channel_listener_t), &methods, missing);
    if (result != SIP_TAP_OK)
        return result;
    found->provider_vptr = vptr;
    found->provider = methods;
    /* A provider does something for each of the five; a table with fewer ends in what is no code.
     */
    return all_belle_code((void **)&found->provider->on_state_changed, 5) ? SIP_TAP_OK
                                                                          : SIP_TAP_UNKNOWN_LAYOUT;
}

static enum sip_tap_result find_transactions(struct tap_belle *found, const struct tap_names *names,
                                             const char **missing)
{
    void *base = NULL, *methods = NULL, *ict = NULL, *nict = NULL, *ist = NULL;
    enum sip_tap_result result = find_vptr(
        names->transaction_vptr, BELLE_SIP_TYPE_ID(belle_sip_transaction_t), &base, missing);

    if (result == SIP_TAP_OK)
        result =
            find_interface(base, "belle_sip_channel_listener_t",
                           BELLE_SIP_INTERFACE_ID(belle_sip_channel_listener_t), &methods, missing);
    if (result == SIP_TAP_OK)
        result = find_vptr(names->ict_vptr, BELLE_SIP_TYPE_ID(belle_sip_ict_t), &ict, missing);
    if (result == SIP_TAP_OK)
        result = find_vptr(names->nict_vptr, BELLE_SIP_TYPE_ID(belle_sip_nict_t), &nict, missing);
    if (result != SIP_TAP_OK)
        return result;
    found->transaction = methods;
    found->ict = ict;
    found->nict = nict;
    if (!is_belle_code((void *)(uintptr_t)found->transaction->on_state_changed) ||
        !all_belle_code((void **)&found->ict->on_terminate, 4) ||
        !all_belle_code((void **)&found->nict->on_terminate, 4))
        return SIP_TAP_UNKNOWN_LAYOUT;
    result = find_vptr(names->ist_vptr, BELLE_SIP_TYPE_ID(belle_sip_ist_t), &ist, missing);
    if (result != SIP_TAP_OK)
        return result;
    found->ist = ist;
    return all_belle_code((void **)&found->ist->on_terminate, 3) ? SIP_TAP_OK
                                                                 : SIP_TAP_UNKNOWN_LAYOUT;
}

static enum sip_tap_result find_listener(struct tap_belle *found, const struct tap_names *names,
                                         const char **missing)
{
    void *vptr = NULL, *methods = NULL, *symbol;
    enum sip_tap_result result =
        find_vptr(names->callbacks_vptr, BELLE_SIP_TYPE_ID(belle_sip_callbacks_t), &vptr, missing);

    if (result == SIP_TAP_OK &&
        ((belle_sip_object_vptr_t *)vptr)->size != sizeof(struct tap_callbacks_object))
        result = SIP_TAP_UNKNOWN_LAYOUT;
    if (result == SIP_TAP_OK)
        result = find_interface(vptr, "belle_sip_listener_t",
                                BELLE_SIP_INTERFACE_ID(belle_sip_listener_t), &methods, missing);
    if (result != SIP_TAP_OK)
        return result;
    found->listener = methods;
    if (!all_belle_code((void **)&found->listener->process_dialog_terminated, 7))
        return SIP_TAP_UNKNOWN_LAYOUT;
    *missing = names->sal_user_pointer;
    symbol = dlsym(RTLD_DEFAULT, names->sal_user_pointer);
    memcpy(&found->sal_user_pointer, &symbol, sizeof(symbol));
    return symbol ? SIP_TAP_OK : SIP_TAP_MISSING_SYMBOL;
}

/* sip_call_abort() hands liblinphone an event of our own making. */
static bool response_event_as_known(void)
{
    int marks[3];
    struct tap_response_event event = {.transaction = (belle_sip_client_transaction_t *)&marks[0],
                                       .dialog = (belle_sip_dialog_t *)&marks[1],
                                       .response = (belle_sip_response_t *)&marks[2]};
    const belle_sip_response_event_t *seen = (const belle_sip_response_event_t *)&event;

    return belle_sip_response_event_get_client_transaction(seen) == event.transaction &&
           belle_sip_response_event_get_dialog(seen) == event.dialog &&
           belle_sip_response_event_get_response(seen) == event.response;
}

enum sip_tap_result tap_belle_find(struct tap_belle *found, const struct tap_names *names,
                                   const char **missing)
{
    enum sip_tap_result result = find_provider(found, names, missing);

    if (result == SIP_TAP_OK)
        result = find_transactions(found, names, missing);
    if (result == SIP_TAP_OK)
        result = find_listener(found, names, missing);
    if (result == SIP_TAP_OK && !response_event_as_known()) {
        *missing = "belle_sip_response_event_t";
        result = SIP_TAP_UNKNOWN_LAYOUT;
    }
    return result;
}

bool tap_belle_is_linphone(const struct tap_belle *belle, void (*function)(void))
{
    const char *linphone = object_of((const void *)(uintptr_t)belle->sal_user_pointer);
    const char *there = object_of((const void *)(uintptr_t)function);
    return linphone && there && strcmp(linphone, there) == 0;
}
